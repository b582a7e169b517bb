/* Asks for what has changed while the page is looked at, and says when there is no answer. htmx puts the news in. */
(() => {
  "use strict";

  const place = document.querySelector("[data-live]");
  const notice = document.querySelector("[data-offline]");
  if (!place || !window.htmx) return;

  let answeredAt = new Date();

  function ask() {
    if (!document.hidden) htmx.trigger(place, "due");
  }

  function note(isAnswered) {
    if (isAnswered) answeredAt = new Date();
    const time = answeredAt.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    notice.textContent = isAnswered ? "" : notice.dataset.text.replace("{time}", time);
    notice.hidden = isAnswered;
  }

  /* What somebody has ticked or begun to type must not be swept away; they are told that there is news. */
  function isInUse(target) {
    const fields = target.querySelectorAll("input:not([type=hidden]), textarea, select");
    return [...fields].some((field) =>
      field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== (field.defaultValue || ""),
    );
  }

  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === place) note(event.detail.successful === true);
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (!target || !target.matches("[data-keep]") || !isInUse(target)) return;
    event.detail.shouldSwap = false;
    const news = document.querySelector("[data-news]");
    if (news) news.hidden = false;
  });
  document.addEventListener("visibilitychange", ask);
  setInterval(ask, Number(place.dataset.live) * 1000);
})();
