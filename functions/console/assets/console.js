// Progressive enhancement: every page also works without scripts.
"use strict";

// Warn before leaving a page with unsaved changes.
for (const form of document.querySelectorAll("form[data-guard]")) {
  const typed = () => JSON.stringify([...new FormData(form)]);
  const note = form.querySelector(".unsaved");
  const before = form.hasAttribute("data-changed") ? null : typed();
  let leaving = false;
  const changed = () => typed() !== before;
  const look = () => { if (note) note.hidden = !changed(); };
  form.addEventListener("input", look);
  form.addEventListener("rows", look);
  form.addEventListener("submit", (event) => { leaving = event.submitter?.formTarget !== "_blank"; });
  addEventListener("pageshow", () => { leaving = false; look(); });
  addEventListener("beforeunload", (event) => {
    if (!leaving && changed()) event.preventDefault();
  });
}

// Ask for confirmation before actions that cannot be undone.
addEventListener("submit", (event) => {
  const asker = event.submitter?.closest("[data-confirm]") ?? event.target.closest("[data-confirm]");
  if (asker && !confirm(asker.dataset.confirm)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);

// Rows that can be added and removed: <button data-add="list id"> copies the list's <template>.
addEventListener("click", (event) => {
  const button = event.target.closest("[data-add], [data-remove]");
  if (!button) return;
  event.preventDefault();
  const form = button.form;
  if (button.hasAttribute("data-add")) {
    const list = document.getElementById(button.dataset.add);
    const row = list.querySelector("template").content.firstElementChild.cloneNode(true);
    const rows = list.querySelectorAll("[data-row]");
    (rows[rows.length - 1] ?? list.querySelector("template")).after(row);
    row.querySelector("input").focus();
  } else {
    const row = button.closest("[data-row]");
    const list = row.parentElement;
    row.remove();
    list.parentElement.querySelector("[data-add]")?.focus();
  }
  form?.dispatchEvent(new Event("rows"));
});
for (const button of document.querySelectorAll("[data-remove]")) button.hidden = false;

// Offer the browser's time zones in time zone fields.
document.getElementById("zones")?.append(...Intl.supportedValuesOf("timeZone").map((zone) => new Option(zone)));

// Disable fields that depend on a choice: <input data-with="id of the choice">.
const couple = () => {
  for (const field of document.querySelectorAll("[data-with]")) {
    field.disabled = !document.getElementById(field.dataset.with)?.checked;
  }
};
addEventListener("change", couple);
addEventListener("pageshow", couple);

// Copy buttons for text that is shown only once: <button data-copy="id of the text">.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

// Focus the list of errors, so that it is read first.
document.querySelector(".errors")?.focus();

// Infinite scrolling: <a data-more="list id" href="next page"> is followed when it becomes visible.
const following = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) if (isIntersecting) follow(target);
}, { rootMargin: "400px" });
const follow = async (link) => {
  following.unobserve(link);
  const answer = await fetch(link.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return; // The link stays and can be clicked.
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const id = link.dataset.more;
  document.getElementById(id).append(...(page.getElementById(id)?.children ?? []));
  const next = page.querySelector(`[data-more="${id}"]`);
  if (!next) return link.remove();
  link.href = next.href;
  following.observe(link);
};
for (const link of document.querySelectorAll("[data-more]")) following.observe(link);
