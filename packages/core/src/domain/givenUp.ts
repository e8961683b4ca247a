/** `--without-data`: the operator gives up the data that the log knows (LAW-15). Pure. */
import { reject } from "./answers.ts"
import type { Decision, Observed } from "./Decision.ts"
import { type Event, make } from "./Event.ts"
import type { Next } from "./Next.ts"

/** It is only for data that is missing or newer than the log. */
export const isDataInDoubt = ({ drift }: Observed): boolean => drift !== null && drift.kind !== "drift"

export const nothingToGiveUp = (next: Next): Decision =>
  reject("its data is not missing: --without-data does not apply", next)

/** `left`: another volume still holds data, which is as new as before (LAW-2). */
export const givenUp = ({ drift, holdsData }: Observed): Event =>
  make("DataGivenUp", { what: drift?.what ?? [], ...(holdsData ? { left: true } : {}) })
