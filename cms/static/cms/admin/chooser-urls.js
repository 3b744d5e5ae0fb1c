/* The addresses that wagtail-localize's translation editor expects in a global. */
window.chooserUrls ??= { ...document.currentScript.dataset };
