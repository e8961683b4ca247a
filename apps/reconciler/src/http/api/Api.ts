/** The HTTP API: its groups have the paths, parameters and answers. The OpenAPI document is made from it. */
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as OpenApi from "effect/http-api/OpenApi"
import { acting } from "./acting.ts"
import { deciding } from "./deciding.ts"
import { Forbidden, Unauthorized } from "./problems.ts"
import { reading } from "./reading.ts"

/** Who may do what. `access.ts` has the rules. */
export class Access extends HttpApiMiddleware.Service<Access>()("lastgood/http/Access", {
  security: { bearer: HttpApiSecurity.bearer },
  error: [Unauthorized, Forbidden]
}) {}

/** The actor of the events that requests record. The token does not tell who has it. */
export const actor = "http"

export const Api = HttpApi.make("lastgood")
  .add(reading, deciding, acting)
  .prefix("/api/v1")
  .middleware(Access)
  .middleware(HttpApiMiddleware.ProblemDetails)
  // A misspelt key is refused: without it, the request would mean something else.
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
  .annotateMerge(
    OpenApi.annotations({
      title: "lastgood",
      version: "1",
      description: "The HTTP API of the lastgood daemon."
    })
  )
