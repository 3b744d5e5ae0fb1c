/* Builds academy/static/academy/ : `npm ci && npm run build`.

   1. govuk-frontend's prebuilt CSS: unused components dropped, physical properties turned into
      logical ones (right-to-left), the GDS Transport font, the crown and their notice removed.
   2. css/*.css, the academy's own.
   3. js/index.js and what it imports, bundled into one module; those of kinds of question that need more, each alone.
   4. Atkinson Hyperlegible Next (OFL), reduced to the letters of European Latin text and Māori.

   The output is committed, so running the academy needs no Node. */

import { build, transform } from "esbuild";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import postcss from "postcss";
import subsetFont from "subset-font";

const OUT = new URL("../static/academy/", import.meta.url);
const HERE = new URL("./", import.meta.url);
const MODULES = new URL("node_modules/", HERE);
mkdirSync(new URL("fonts/", OUT), { recursive: true });

/* What the academy draws with components of its own, or not at all. */
const DROPPED = [
  "accordion", "cookie-banner", "exit-this-page", "feedback", "file-upload", "footer", "generic-header",
  "header", "language-navigation", "link-image", "logo", "notification-banner", "pagination", "panel",
  "password-input", "phase-banner", "service-navigation", "skip-link", "tabs", "task-list", "character-count",
  "back-link", "breadcrumbs", "caption", "clearfix", "date-input", "details", "drop-zone", "error-summary", "grid",
  "inset-text", "section-break", "summary-card", "table", "tag", "template", "warning-text", "main-wrapper", "width-container",
  "!-static", "!-padding", "!-margin-left", "!-margin-right", "!-margin-[0-9]",
];
const dropped = new RegExp(`\\.govuk-\\\\?(?:${DROPPED.join("|").replaceAll("!", "\\\\?!")})(?![a-z])`);
const unsupported = /\.(govuk-frontend-supported|js-enabled|no-js)/;

const SIDE = { left: "inline-start", right: "inline-end", top: "block-start", bottom: "block-end" };

function logical(decl) {
  const { prop, value } = decl;
  let m;
  if ((m = prop.match(/^(margin|padding)-(left|right|top|bottom)$/))) decl.prop = `${m[1]}-${SIDE[m[2]]}`;
  else if ((m = prop.match(/^border-(left|right)(-\w+)?$/))) decl.prop = `border-${SIDE[m[1]]}${m[2] ?? ""}`;
  else if ((m = prop.match(/^(left|right)$/))) decl.prop = `inset-${SIDE[m[1]]}`;
  else if (prop === "text-align" || prop === "float" || prop === "clear")
    decl.value = value.replace(/^(left|right)/, (side) =>
      prop === "text-align" ? { left: "start", right: "end" }[side] : SIDE[side]);
  else if (prop === "margin" || prop === "padding") {
    const parts = postcss.list.space(value);
    if (parts.length === 4 && parts[1] !== parts[3]) {
      decl.cloneBefore({ prop: `${prop}-block`, value: `${parts[0]} ${parts[2]}` });
      decl.prop = `${prop}-inline`;
      decl.value = `${parts[3]} ${parts[1]}`;
    }
  }
}

function neutral(root) {
  root.walkAtRules("font-face", (rule) => rule.remove());
  root.walkComments((comment) => comment.remove());
  root.walkRules((rule) => {
    const kept = rule.selectors.filter((s) => !dropped.test(s) && !unsupported.test(s));
    if (kept.length) rule.selectors = kept;
    else rule.remove();
  });
  root.walkDecls((decl) => {
    if (decl.prop === "font-family" && /GDS|arial|sans-serif/i.test(decl.value)) decl.value = "inherit";
    if (/^-(webkit|moz)-/.test(decl.prop) && !/appearance|text-size-adjust/.test(decl.prop)) decl.remove();
    else logical(decl);
  });
  /* "print the address after each link" is said once, in css/print.css */
  root.walkRules((rule) => {
    if (rule.parent.name === "media" && rule.parent.params === "print" && /\[href/.test(rule.selector)) rule.remove();
  });
  for (let pass = 0; pass < 3; pass++) {
    root.walkRules((rule) => { if (!rule.nodes.length) rule.remove(); });
    root.walkAtRules((rule) => { if (rule.nodes && !rule.nodes.length) rule.remove(); });
  }
}

const govuk = postcss.parse(readFileSync(new URL("govuk-frontend/dist/govuk/govuk-frontend.min.css", MODULES), "utf8"));
neutral(govuk);
const own = readdirSync(new URL("css/", HERE)).sort()
  .map((name) => readFileSync(new URL(`css/${name}`, HERE), "utf8")).join("\n");
const notice = "/*! Contains govuk-frontend 6, MIT licence, (c) Crown copyright (Government Digital Service): see licences.txt */\n";
const css = await transform(govuk.toString().replace('@charset "UTF-8";', "") + own, { loader: "css", minify: true });
writeFileSync(new URL("academy.css", OUT), notice + css.code);

await build({
  entryPoints: Object.fromEntries([["academy", "index"], ...["ordering", "pictures", "words"].map((name) => [name, name])]
    .map(([name, source]) => [name, new URL(`js/${source}.js`, HERE).pathname])),
  outdir: OUT.pathname,
  bundle: true, minify: true, format: "esm", target: "es2020", logLevel: "warning",
});

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i)).join("");
const letters = range(0x20, 0x7e) + range(0xa0, 0xff) + "ĀāĒēĪīŌōŪūŒœŸ‐‑–—‘’“”„…•‹›€−\u2009\u202f";
const font = new URL("@fontsource-variable/atkinson-hyperlegible-next/", MODULES);
writeFileSync(
  new URL("fonts/atkinson.woff2", OUT),
  await subsetFont(readFileSync(new URL("files/atkinson-hyperlegible-next-latin-wght-normal.woff2", font)), letters, {
    targetFormat: "woff2", variationAxes: { wght: { min: 400, max: 700, default: 400 } },
  }),
);
writeFileSync(new URL("licences.txt", OUT),
  readFileSync(new URL("LICENSE.govuk-frontend.txt", HERE), "utf8") + "\n\n---\n\n" + readFileSync(new URL("LICENSE", font), "utf8"));
cpSync(new URL("images/", HERE), OUT, { recursive: true });

for (const [name, limit] of [["academy.css", 25], ["academy.js", 6], ["ordering.js", 2], ["pictures.js", 2], ["words.js", 1], ["fonts/atkinson.woff2", 40]]) {
  const bytes = readFileSync(new URL(name, OUT));
  const size = (name.endsWith("woff2") ? bytes : gzipSync(bytes)).length / 1024;
  console.log(`${name}: ${size.toFixed(1)} KiB of ${limit}`);
  if (size > limit) throw new Error(`${name} is over its budget`);
}
