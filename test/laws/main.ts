/**
 * `npm run laws [-- LAW-4 …]`: breaks the code of each law on purpose, in a copy, and runs the tests that cite the law.
 * A break that no test sees ends it with code 1: the law was only text there.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"
import { type Break, breaks } from "./breaks.ts"
import { copyTree, repository } from "./copy.ts"

const print = (text: string) => process.stdout.write(`${text}\n`)

interface Outcome {
  readonly failed: number
  readonly ran: number
  readonly first: string
}

/** Runs tests in the copy. `ran` 0: they could not be loaded, which proves nothing. */
const test = async (copy: string, files: ReadonlyArray<string>): Promise<Outcome> => {
  const report = join(copy, "report.json")
  await writeFile(report, "{}")
  const vitest = join(repository, "node_modules/vitest/vitest.mjs")
  const options = ["--reporter=json", `--outputFile=${report}`, "--bail=1"]
  await execa(process.execPath, [vitest, "run", ...files, ...options], { cwd: copy, reject: false, timeout: 900_000 })
  const { numFailedTests = 0, numPassedTests = 0, testResults = [] } = JSON.parse(await readFile(report, "utf8"))
  const results: ReadonlyArray<{ status: string; fullName: string }> = testResults.flatMap(
    (t: { assertionResults: ReadonlyArray<unknown> }) => t.assertionResults
  )
  return {
    failed: numFailedTests,
    ran: numFailedTests + numPassedTests,
    first: results.find(({ status }) => status === "failed")?.fullName ?? ""
  }
}

const broken = async (copy: string, { file, find, replace }: Break): Promise<() => Promise<void>> => {
  const path = join(copy, file)
  const source = await readFile(path, "utf8")
  await writeFile(
    path,
    source.replace(find, () => replace)
  )
  return () => writeFile(path, source)
}

const wanted = process.argv.slice(2)
const chosen = breaks.filter(({ law }) => wanted.length === 0 || wanted.includes(law))
const { path: copy, remove } = await copyTree()
let survived = 0
try {
  const whole = await test(copy, [...new Set(chosen.flatMap(({ tests }) => tests))])
  if (whole.failed > 0 || whole.ran === 0) {
    print(`the tests do not pass on the unbroken tree: ${whole.first || "none ran"}`)
    process.exitCode = 1
  } else {
    for (const one of chosen) {
      const mend = await broken(copy, one)
      const { failed, ran, first } = await test(copy, one.tests)
      await mend()
      const seen = failed > 0 && ran > 0
      if (!seen) survived += 1
      print(
        `${one.law.padEnd(7)} ${seen ? "seen    " : "SURVIVED"} ${one.what}${seen ? `\n                 by: ${first}` : ""}`
      )
    }
    print(`${chosen.length} breaks, ${chosen.length - survived} seen by a test, ${survived} survived`)
    if (survived > 0) process.exitCode = 1
  }
} finally {
  await remove()
}
