// better-sse as its guide shows it: a session for each response, one channel.
import { createServer } from "node:http";
import { createChannel, createSession } from "better-sse";

const channel = createChannel();

createServer(async (request, response) => {
  if (request.url.startsWith("/api/stream")) {
    channel.register(await createSession(request, response));
  } else if (request.method === "POST") {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      channel.broadcast(JSON.parse(body), "message.posted");
      response.writeHead(201, { "Content-Length": 2 }).end("{}");
    });
  } else {
    response.writeHead(200, { "Content-Length": 0 }).end();
  }
}).listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 2048 });
