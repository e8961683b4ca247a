/** What code of others threw or returned, as one short line without secrets (LAW-12). */
import { redact } from "../process/Redact.ts"

/** A thrown value may be anything, also one that cannot be made a text. */
const textOf = (thrown: unknown): string => {
  try {
    return String(thrown instanceof Error ? thrown.message || thrown.name : thrown)
  } catch {
    return "something that is no text"
  }
}

const firstLine = (text: string): string => text.slice(0, 4096).trim().split(/\r?\n/)[0] ?? ""

/** @param secrets what the code was given in confidence. */
export const reasonOf = (thrown: unknown, secrets: ReadonlyArray<string> = []): string =>
  redact(firstLine(textOf(thrown)), secrets).slice(0, 300)

/** Node's name for an error, such as `ERR_MODULE_NOT_FOUND`; empty: it has none. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : ""
