// The account page: makes a chosen picture small before it is sent. Without this it works too,
// for pictures the server takes as they are.

const SIDE = 512;

const form = document.getElementById("picture-form");
const input = form.elements.picture;

input.addEventListener("change", async () => {
  const [chosen] = input.files;
  if (!chosen) return;
  const small = await shrink(chosen).catch(() => null);
  if (small) {
    const files = new DataTransfer();
    files.items.add(new File([small], "picture.webp", { type: small.type }));
    input.files = files.files;
  }
  form.requestSubmit();
});

/** The middle of a picture, upright, as large as anybody will see it. */
async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const side = Math.min(picture.width, picture.height);
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  canvas.getContext("2d").drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  return new Promise((done) => canvas.toBlob(done, "image/webp", 0.9));
}
