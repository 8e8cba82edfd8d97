// Sets light or dark before anything is painted: the reader's choice, else what the system asks for.
(function () {
  "use strict";
  var chosen = null;
  try { chosen = localStorage.getItem("care-theme"); } catch (refused) { chosen = null; }
  var dark = chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
})();
