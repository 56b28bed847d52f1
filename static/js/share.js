// Copies what a field holds: links and code for other sites. Without it they are copied by hand.
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // without TLS there is no clipboard but this
  }
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  await copy(document.getElementById(button.dataset.copy));
  button.focus();
  button.dataset.copied = "";
  document.getElementById("announcement").textContent = "Copied.";
  setTimeout(() => delete button.dataset.copied, 2000);
});
