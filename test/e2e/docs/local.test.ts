/** The pages of the docs that need neither Docker nor root, run as a reader does. */
import { readdir, rm } from "node:fs/promises"
import { freePort } from "@lastgood/testing/freePort"
import { assert, describe, it } from "vitest"
import { reader } from "./reader.ts"

const pages: ReadonlyArray<string> = ["tutorials/first-app.md", "tutorials/plugin.md"]

describe.concurrent("the commands of", () => {
  it.each(pages)("docs/%s run as it says", { timeout: 300_000 }, async (path) => {
    const { base, blocks, folder, run, type } = await reader(path, {
      replaced: [["8123", String(await freePort())]]
    })
    try {
      for (const block of blocks) await run(block)
      assert.deepStrictEqual(await readdir(folder), [], "the page leaves something behind")
    } finally {
      // An app that a broken page leaves running.
      await type("if [ -e lastgood.yaml ]; then lastgood promote notes --at-teardown --wait 1m; fi").catch(() => "")
      await rm(base, { recursive: true, force: true })
    }
  })
})
