/** Links of the docs lead somewhere: to a file that there is, and to a heading in it. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const repository = join(import.meta.dirname, "../..")
const pages = [
  ...readdirSync(repository).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name))
].sort()

/** What GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-")

const textOf = (file: string): string => readFileSync(file, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "")

const anchorsOf = (file: string): ReadonlyArray<string> =>
  [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading.trim()))

const problemOf = (page: string, link: string): string | null => {
  const [path = "", anchor] = link.split("#")
  const file = path === "" ? page : resolve(dirname(page), path)
  if (!existsSync(file)) return `${link}: there is no ${relative(repository, file)}`
  if (anchor === undefined || statSync(file).isDirectory()) return null
  return anchorsOf(file).includes(anchor)
    ? null
    : `${link}: no heading of ${relative(repository, file)} has this anchor`
}

describe("the docs", () => {
  it.each(pages)("have valid links in %s", (name) => {
    const page = join(repository, name)
    const links = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link)
    const problems = links.filter((link) => !/^[a-z]+:/.test(link)).map((link) => problemOf(page, link))
    assert.deepStrictEqual(
      problems.filter((problem) => problem !== null),
      []
    )
  })
})
