/** What several groups of the API share. */
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { Format, Result } from "./shapes.ts"

/** A version, a ref, the id of a snapshot, an alert or an attempt. */
export const Name = Schema.String.pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(200)))

export const appParam = { app: Schema.String.annotate({ description: "The app's name in the configuration." }) }

export const described = (summary: string, description?: string) =>
  OpenApi.annotations({ summary, ...(description === undefined ? {} : { description }) })

/** The answer to a request whose decision is in the log. */
export const Recorded = Schema.Struct({ format: Format, result: Result })
