/** The licences of third-party code in a bundle, which have to accompany every copy. */
import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"

/** The folder of the package of a file in `node_modules`. */
const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/

/**
 * @param modules paths of all files in a bundle
 * @returns the folders of the third-party packages among them
 */
export const packageFolders = (modules: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(modules.flatMap((path) => packageFolder.exec(path)?.[0] ?? []))].toSorted()

const isLicence = (name: string): boolean => /^(licen[cs]e|notice|copying)/i.test(name)

const licenceOf = async (folder: string): Promise<string> => {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"))
  const files = (await readdir(folder)).filter(isLicence).sort()
  if (files.length === 0)
    throw new Error(`${folder} has no licence file: a package that contains it may not be published`)
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")))
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n")
}

export const separator = `\n\n${"-".repeat(80)}\n\n`

/** @param modules paths of all files in the bundle. */
export const thirdPartyLicences = async (modules: ReadonlyArray<string>): Promise<string> => {
  const licences = await Promise.all(packageFolders(modules).map(licenceOf))
  return `lastgood contains code of these packages, under these licences.${separator}${licences.join(separator)}\n`
}
