// Builds the playground's two pages from src/.
//
//   npm run build   dist/ (never committed): the page with everything bundled, for no internet
//                   cdn.html (committed):    the same page with pinned assets from a CDN
//   npm run check   writes nothing; fails when the committed cdn.html is stale
//
// The hashes in cdn.html are those of the files that npm installed, which npm has verified
// against package-lock.json. The CDN serves these files byte for byte, or the browser refuses them.

import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const CDN = "https://cdn.jsdelivr.net/npm";

/** The files of the CDN's page, in the order in which they need each other. */
const CDN_STYLES = [["graphiql", "graphiql.min.css"]];
const CDN_SCRIPTS = [
  ["react", "umd/react.production.min.js"],
  ["react-dom", "umd/react-dom.production.min.js"],
  ["graphiql", "graphiql.min.js"],
];

const here = (path) => new URL(path, import.meta.url);
const read = (path) => readFile(here(path), "utf8");

/** Fills the page's two places. Functions as replacements, for text may contain `$&`. */
function fill(page, styles, scripts) {
  return page
    .replace("    <!-- styles -->", () => styles.map((line) => `    ${line}`).join("\n"))
    .replace("    <!-- scripts -->", () => scripts.map((line) => `    ${line}`).join("\n"));
}

/** Where the CDN serves a package's file, and the hash that its bytes must have. */
async function pinned([name, file]) {
  const bytes = await readFile(here(`node_modules/${name}/${file}`));
  const { version } = JSON.parse(await read(`node_modules/${name}/package.json`));
  const hash = createHash("sha384").update(bytes).digest("base64");
  return { url: `${CDN}/${name}@${version}/${file}`, integrity: `sha384-${hash}` };
}

async function cdnPage(page) {
  const styles = await Promise.all(CDN_STYLES.map(pinned));
  const scripts = await Promise.all(CDN_SCRIPTS.map(pinned));
  return fill(
    page,
    [
      ...styles.map(
        ({ url, integrity }) =>
          `<link rel="stylesheet" href="${url}" integrity="${integrity}" crossorigin="anonymous">`,
      ),
      `<style>\n${(await read("src/playground.css")).trimEnd()}\n    </style>`,
    ],
    [
      ...scripts.map(
        ({ url, integrity }) => `<script src="${url}" integrity="${integrity}" crossorigin="anonymous"></script>`,
      ),
      `<script>\n${(await read("src/playground.js")).trimEnd()}\n    </script>`,
    ],
  );
}

async function bundledPage(page) {
  await rm(here("dist"), { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: { playground: here("src/bundle.js").pathname },
    absWorkingDir: here(".").pathname,
    outdir: "dist",
    bundle: true,
    // One script and one style sheet: all of it is needed at once anyhow.
    format: "iife",
    minify: true,
    // Names carry their content's hash, so that browsers may keep the files for ever.
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    // The licences of what is bundled travel with it.
    legalComments: "linked",
    define: { "process.env.NODE_ENV": '"production"' },
    target: ["es2022"],
    metafile: true,
    logLevel: "warning",
  });
  const [script, { cssBundle }] = Object.entries(metafile.outputs).find(([, it]) => it.cssBundle);
  const address = (output) => output.replace(/^dist\//, "/playground/");
  return fill(
    page,
    [`<link rel="stylesheet" href="${address(cssBundle)}">`],
    [`<script src="${address(script)}"></script>`],
  );
}

const page = await read("src/page.html");
const cdn = await cdnPage(page);
if (process.argv.includes("--check")) {
  if ((await read("cdn.html")) !== cdn) {
    console.error("router/playground/cdn.html is stale: run `npm run build` there and commit it.");
    process.exit(1);
  }
} else {
  await writeFile(here("cdn.html"), cdn);
  await writeFile(here("dist/index.html"), await bundledPage(page));
}
