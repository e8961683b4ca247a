/** Runs a page of the docs as a reader does: every command, in its order, in an empty folder, with the real `lastgood`. */
import { chmod, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { lastgoodCommand } from "@lastgood/testing/binary"
import { execa } from "execa"
import { assert } from "vitest"
import { type Block, blocksOf, isRun } from "../../docs/Page.ts"
import { notPrinted } from "../../docs/printed.ts"

export const docs = join(import.meta.dirname, "../../../docs")

/** What is written in place of a text of the page: a free port, a folder of the test. */
export type Replaced = ReadonlyArray<readonly [from: string, to: string]>

export interface ReaderOptions {
  readonly replaced?: Replaced
  /** @param base the test's own folder, around that of the reader. */
  readonly env?: (base: string) => Readonly<Record<string, string>>
  /** Commands that are not part of the page's story on a test's host, such as `systemctl`: what a shell runs instead. */
  readonly commands?: Readonly<Record<string, string>>
}

const replace = (text: string, replaced: Replaced): string =>
  replaced.reduce((all, [from, to]) => all.replaceAll(from, to), text)

/** @param path of the page, below docs. The caller removes `folder`. */
export const reader = async (path: string, { commands = {}, env, replaced = [] }: ReaderOptions = {}) => {
  const page = await readFile(join(docs, path), "utf8")
  assert.isTrue(isRun(page), `${path} does not say at its top that a test runs it`)
  const base = await mkdtemp(join(tmpdir(), "lastgood-docs-"))
  const [folder, bin] = [join(base, "reader"), join(base, "bin")]
  const [where, variables] = [join(base, "where"), join(base, "variables")]
  await mkdir(folder)
  await mkdir(bin)
  const program = async (name: string, text: string) => {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(bin, name), 0o755)
  }
  await program("lastgood", `exec ${lastgoodCommand.map((word) => `'${word}'`).join(" ")} "$@"`)
  for (const [name, text] of Object.entries(commands)) await program(name, text)
  await writeFile(where, folder)
  await writeFile(variables, "")

  /** Runs commands as one shell does: in the folder in which the last ones ended, with their variables. */
  const type = async (text: string, code = 0): Promise<string> => {
    const own = replace(text, replaced)
    const leave = `pwd > ${where}; declare -p | grep "^declare -- [a-z]" > ${variables} || true`
    const script = `set -euo pipefail\ncd "$(cat ${where})"\n. ${variables}\ntrap '${leave}' EXIT\n${own}\n`
    const { all, exitCode, signal } = await execa("bash", ["-c", script], {
      all: true,
      reject: false,
      stdin: "ignore",
      env: {
        ...{ PATH: `${bin}:${process.env["PATH"] ?? ""}`, HOME: base, NO_COLOR: "1" },
        ...{ GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.org" },
        ...{ GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.org" },
        ...{ LASTGOOD_ROOT: "", LASTGOOD_CONFIG: "" },
        ...env?.(base)
      }
    })
    assert.strictEqual(exitCode ?? signal, code, `${path}: ${own}\n${all}`)
    return all
  }

  const run = async (block: Block): Promise<string> => {
    const output = await type(block.commands, block.code)
    if (block.printed === null) return output
    const missing = notPrinted(replace(block.printed, replaced), output)
    if (missing !== null) {
      assert.fail(`${path}:${block.line} does not print this any more:\n${missing}\nIt prints:\n${output}`)
    }
    return output
  }

  return { base, folder, type, run, blocks: blocksOf(page) }
}
