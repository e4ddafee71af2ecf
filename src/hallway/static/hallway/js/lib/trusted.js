// The one place where text becomes elements. Only for the `html` of a message, which the server
// rendered and sanitized when it was written, and for fragments that its templates drew; everything
// else goes into the page as textContent.

const policy = globalThis.trustedTypes?.createPolicy("hallway", { createHTML: (html) => html }) ?? {
  createHTML: (html) => html,
};

export function sanitizedByServer(html) {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return template.content;
}
