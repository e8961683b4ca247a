/** The parts of docs/benchmarks.md that are generated. */
import { readFile, writeFile } from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"

const docs = path.join(import.meta.dirname, "../../docs")
const page = path.join(docs, "benchmarks.md")

const machine = (): string =>
  `${os.cpus().length} × ${os.cpus()[0]?.model ?? "?"}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}, Node ${process.versions.node}`

/** Replaces what is between `<!-- <name> -->` and `<!-- end of <name> -->`. @returns the page's path. */
export const writeInto = async (name: string, table: string): Promise<string> => {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
  const before = await readFile(page, "utf8")
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`${page} has no ${begin} … ${end}`)
  const generated = `${begin}\nMeasured on ${machine()}.\n\n${table}\n`
  await writeFile(page, before.slice(0, from) + generated + before.slice(to))
  return page
}

/** A chart beside the page. @returns its path. */
export const writeChart = async (name: string, svg: string): Promise<string> => {
  const file = path.join(docs, `${name}.svg`)
  await writeFile(file, svg)
  return file
}
