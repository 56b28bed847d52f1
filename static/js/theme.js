// Light or dark: the system's choice, until somebody makes another, which a cookie remembers, so
// that the server knows it and no page has to wait for this script before it is painted.
// Choosing what the system shows anyway forgets the choice, so the page follows it again.
(() => {
  "use strict";
  const year = 365 * 24 * 3600;
  const root = document.documentElement;
  const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

  const systemTheme = () => (systemIsDark.matches ? "dark" : "light");
  const shownTheme = () => root.dataset.theme || systemTheme();
  const otherTheme = () => (shownTheme() === "dark" ? "light" : "dark");

  function choose(theme) {
    const own = theme !== systemTheme();
    if (own) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${own ? year : 0}; samesite=lax`;
  }

  const button = document.querySelector("[data-theme-switch]");
  const label = () => button.setAttribute("aria-label", `Switch to the ${otherTheme()} theme`);
  button.addEventListener("click", () => {
    choose(otherTheme());
    label();
  });
  systemIsDark.addEventListener("change", label);
  label();
  button.hidden = false;
})();
