/** A random UUID, also where `crypto.randomUUID` is missing: it needs a secure context. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0"));
  return [4, 2, 2, 2, 6].map((count) => hex.splice(0, count).join("")).join("-");
}
