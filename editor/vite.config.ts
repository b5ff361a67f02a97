// Builds static/editor/ in two parts, so that a change of ours does not ship Ghost's editor anew:
//   surface  koenig.js, koenig.css   React and Ghost's editing surface
//   page     editor.js, editor.css   everything of ours (src/)
// The page's import map leads the names of the first part to koenig.js by its fingerprint.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const out = join(import.meta.dirname, "../static/editor");

const SURFACE = ["react", "react/jsx-runtime", "react-dom/client", "@tryghost/koenig-lexical"];

/** Says of what the bundle was built; a test compares it with the sources (tests/editor). */
function stamp(): Plugin {
  return {
    name: "stamp",
    writeBundle() {
      const files = readdirSync(join(import.meta.dirname, "src"), { recursive: true, withFileTypes: true })
        .filter((it) => it.isFile())
        .map((it) => join(it.parentPath, it.name));
      for (const name of ["package-lock.json", "vite.config.ts"]) files.push(join(import.meta.dirname, name));
      const hash = createHash("sha256");
      const named = files.map((path) => [path.slice(import.meta.dirname.length + 1).replaceAll("\\", "/"), path]);
      for (const [name, path] of named.sort(([a], [b]) => (a! < b! ? -1 : 1))) {
        hash.update(`${name}\n`).update(readFileSync(path!)).update("\n");
      }
      writeFileSync(join(out, "built-from.txt"), `${hash.digest("hex")}\n`);
    },
  };
}

export default defineConfig(({ mode }) => ({
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [stamp()],
  publicDir: false,
  build: {
    outDir: out,
    emptyOutDir: false,
    target: "es2023",
    cssTarget: "chrome120",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions:
      mode === "surface"
        ? {
            input: { koenig: join(import.meta.dirname, "src/surface.ts") },
            preserveEntrySignatures: "strict" as const,
            output: { entryFileNames: "[name].js", assetFileNames: "koenig[extname]", codeSplitting: false },
          }
        : {
            input: { editor: join(import.meta.dirname, "src/main.tsx") },
            external: SURFACE,
            output: { entryFileNames: "[name].js", assetFileNames: "editor[extname]", codeSplitting: false },
          },
  },
}));
