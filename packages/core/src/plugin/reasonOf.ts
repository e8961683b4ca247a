/** What code of others threw, as one short line without the secrets of a URL (LAW-12). */
import { withoutUrlSecrets } from "../domain/withoutUrlSecrets.ts"

export const reasonOf = (thrown: unknown): string => {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  const [first = ""] = text.trim().split(/\r?\n/)
  return withoutUrlSecrets(first).slice(0, 300)
}

/** Node's name for an error, such as `ERR_MODULE_NOT_FOUND`; empty: it has none. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : ""
