/**
 * Makes an SBOM of the command in CycloneDX: the packages whose code is in the bundle, and the Node of the one file.
 * `npm sbom` lists installed packages instead, and omits packages that a bundle contains.
 */
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { readManifest, repository, sourceDate } from "./repository.ts"
import { bundledNode, nodeVersion } from "./sea/node.ts"
import { packageFolders } from "./thirdPartyLicences.ts"

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
}

const purlOf = ({ name, version }: Package): string => `pkg:npm/${name.replace("@", "%40")}@${version}`

/** @param integrity npm's integrity: the algorithm and the hash in base64 */
const hashesOf = (integrity: string) => {
  const [, content = ""] = /^sha512-(.+)$/.exec(integrity) ?? []
  return [{ alg: "SHA-512", content: Buffer.from(content, "base64").toString("hex") }]
}

const componentOf = (kind: "application" | "library" | "platform", one: Package) => ({
  type: kind,
  "bom-ref": purlOf(one),
  name: one.name,
  version: one.version,
  purl: purlOf(one),
  licenses: [{ license: { id: one.license } }]
})

const bundledPackages = async (modules: ReadonlyArray<string>) => {
  const lock = JSON.parse(await readFile(join(repository, "package-lock.json"), "utf8"))
  return Promise.all(
    packageFolders(modules).map(async (folder) => {
      const entry = lock.packages[relative(repository, folder)]
      if (entry === undefined) throw new Error(`package-lock.json does not have ${folder}: run npm ci`)
      const one: Package = JSON.parse(await readFile(join(folder, "package.json"), "utf8"))
      return { ...componentOf("library", one), hashes: hashesOf(entry.integrity) }
    })
  )
}

/** A serial number that depends only on the components, as a UUID of version 8. */
const serialNumber = (components: unknown): string => {
  const hash = createHash("sha256").update(JSON.stringify(components)).digest("hex")
  return `urn:uuid:${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

/**
 * @param modules paths of all files in the bundle
 * @returns a CycloneDX 1.5 document
 */
export const sbom = async (modules: ReadonlyArray<string>): Promise<object> => {
  const lastgood = componentOf("application", await readManifest("packages/cli"))
  const { name, integrity } = await bundledNode(process.arch)
  const node = {
    ...componentOf("platform", { name, version: nodeVersion, license: "MIT" }),
    description: "Node.js, in the one file, the Debian package and the image; not in the npm package",
    hashes: hashesOf(integrity)
  }
  const components = [...(await bundledPackages(modules)), node]
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: serialNumber([lastgood, components]),
    version: 1,
    metadata: { timestamp: (await sourceDate()).toISOString(), component: lastgood },
    components,
    dependencies: [{ ref: lastgood["bom-ref"], dependsOn: components.map((one) => one["bom-ref"]) }]
  }
}
