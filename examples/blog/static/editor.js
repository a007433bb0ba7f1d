const form = document.querySelector(".editor");
const { text } = form.elements;
const words = form.querySelector("output");
let saved = text.value;

function update() {
  const count = text.value.trim().split(/\s+/).filter(Boolean).length;
  words.textContent = `${count} ${count === 1 ? "word" : "words"}`;
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 4}px`;
}

text.addEventListener("input", update);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
form.addEventListener("submit", () => saved = text.value);
addEventListener("beforeunload", (event) => {
  if (text.value !== saved) event.preventDefault();
});
update();
