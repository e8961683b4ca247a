/** The licences of all that is in the one file: whoever gets it must get them too. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { type BundledNode, nodeVersion } from "./node.ts"

const repository = join(import.meta.dirname, "../../../..")

/** The folder of the npm package that a file is part of; null: it is lastgood's own. */
const packageOf = (file: string): string | null => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? null

const licenseIn = async (folder: string): Promise<string> => {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"))
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one))
  const text = file === undefined ? `${license}\n` : await readFile(join(folder, file), "utf8")
  return `${name} ${version}\n\n${text}`
}

/** @param modules the files that the command is made from. */
export const licenses = async (node: BundledNode, modules: ReadonlyArray<string>): Promise<string> => {
  const folders = [...new Set(modules.flatMap((file) => packageOf(file) ?? []))].toSorted()
  const texts = [
    `lastgood\n\n${await readFile(join(repository, "LICENSE"), "utf8")}`,
    ...(await Promise.all(folders.map(licenseIn))),
    `Node.js ${nodeVersion}\n\n${await readFile(node.license, "utf8")}`
  ]
  return texts.map((text) => `${text.trim()}\n`).join(`\n${"-".repeat(80)}\n\n`)
}
