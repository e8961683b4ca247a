/**
 * Suites that need something of the host. Where it is missing they are skipped and say why; `<variable>=required` makes
 * that a failure, so that a CI lane cannot pass by having lost it.
 */
import { describe, it } from "vitest"

/**
 * Like `describe`.
 *
 * @param variable such as `LASTGOOD_TEST_LOOP`.
 * @param missing what the host lacks; null: nothing.
 */
export const describeNeeding = (variable: string, missing: string | null, name: string, body: () => void): void => {
  if (missing === null) describe(name, body)
  else if (process.env[variable] === "required") {
    describe(name, () => {
      it("has its requirements", () => {
        throw new Error(`${variable}=required, but ${missing}`)
      })
    })
  } else describe.skip(`${name} (skipped: ${missing})`, body)
}
