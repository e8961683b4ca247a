/** A value that foreign code threw or returned, as one short line without secrets (LAW-12). */
import { redact } from "../secrets/Redact.ts"
import { textOf } from "./textOf.ts"

const firstLine = (text: string): string => text.slice(0, 4096).trim().split(/\r?\n/)[0] ?? ""

/** @param secrets the secrets that the code was given. */
export const reasonOf = (thrown: unknown, secrets: ReadonlyArray<string> = []): string =>
  redact(firstLine(textOf(thrown)), secrets).slice(0, 300)
