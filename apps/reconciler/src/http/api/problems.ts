/** What the API answers when it cannot do what was asked (RFC 9457). `next` says what to do about it. */
import * as HttpApiError from "effect/http-api/HttpApiError"
import * as Schema from "effect/Schema"

const fields = { next: Schema.optionalKey(Schema.String) }

const declared = <const Status extends number>(status: Status, title: string) => ({
  type: "about:blank" as const,
  status,
  title
})

export class BadRequest extends HttpApiError.Problem<BadRequest>()(
  "BadRequest",
  declared(400, "Bad Request"),
  fields
) {}

/** The token is missing or wrong. */
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  declared(401, "Unauthorized"),
  fields
) {}

/** The request comes from another site, or names another host. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()("Forbidden", declared(403, "Forbidden"), fields) {}

export class NotFound extends HttpApiError.Problem<NotFound>()("NotFound", declared(404, "Not Found"), fields) {}

export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()(
  "MethodNotAllowed",
  declared(405, "Method Not Allowed"),
  fields
) {}

/** Another process, or another request, works on the app. */
export class Conflict extends HttpApiError.Problem<Conflict>()("Conflict", declared(409, "Conflict"), fields) {}

export class TooLarge extends HttpApiError.Problem<TooLarge>()(
  "TooLarge",
  declared(413, "Content Too Large"),
  fields
) {}

/** lastgood does not do this with the app now. Nothing was changed. */
export class Unprocessable extends HttpApiError.Problem<Unprocessable>()(
  "Unprocessable",
  declared(422, "Unprocessable Content"),
  fields
) {}

export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  declared(503, "Service Unavailable"),
  fields
) {}
