// The loop that most examples show: a set of responses, and one write to each.
import { createServer } from "node:http";

const streams = new Set();
let number = 0;

createServer((request, response) => {
  if (request.url.startsWith("/api/stream")) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(":\n\n");
    streams.add(response);
    request.on("close", () => streams.delete(response));
  } else if (request.method === "POST") {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const message = { id: ++number, ...JSON.parse(body) };
      const frame = `id: ${message.id}\nevent: message.posted\ndata: ${JSON.stringify(message)}\n\n`;
      for (const stream of streams) stream.write(frame);
      response.writeHead(201, { "Content-Length": 2 }).end("{}");
    });
  } else {
    response.writeHead(200, { "Content-Length": 0 }).end();
  }
}).listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 2048 });
