// Light or dark: the system's choice, until somebody makes another, which is remembered.
// Choosing what the system shows anyway forgets the choice, so the page follows it again.
(() => {
  "use strict";
  const key = "theme";
  const root = document.documentElement;
  const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

  const systemTheme = () => (systemIsDark.matches ? "dark" : "light");
  const shownTheme = () => root.dataset.theme || systemTheme();

  function remembered() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is blocked: follow the system
    }
  }

  function choose(theme) {
    const own = theme !== systemTheme();
    if (own) root.dataset.theme = theme;
    else delete root.dataset.theme;
    try {
      if (own) localStorage.setItem(key, theme);
      else localStorage.removeItem(key);
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
  }

  const theme = remembered();
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    const label = () => {
      const other = shownTheme() === "dark" ? "light" : "dark";
      button.setAttribute("aria-label", `Switch to the ${other} theme`);
    };
    button.addEventListener("click", () => {
      choose(shownTheme() === "dark" ? "light" : "dark");
      label();
    });
    systemIsDark.addEventListener("change", label);
    label();
    button.hidden = false;
  });
})();
