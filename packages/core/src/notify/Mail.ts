/** Adapter: messages by mail, by nodemailer. Loaded when something is to be sent. */
import * as Effect from "effect/Effect"
import { createTransport } from "nodemailer"
import type { Message } from "../domain/message.ts"
import { problemOf } from "../health/problem.ts"
import { NotSent } from "./NotSent.ts"
import type { MailTarget } from "./Target.ts"

const authOf = ({ auth }: MailTarget) => {
  if (auth === null) return {}
  const { method, pass, user } = auth
  if (method === "OAUTH2") return { auth: { type: "OAuth2" as const, user, accessToken: pass } }
  return { auth: { user, pass }, ...(method === null ? {} : { authMethod: method }) }
}

const hasCode = (error: unknown): error is { readonly responseCode: number } =>
  typeof error === "object" && error !== null && "responseCode" in error && typeof error.responseCode === "number"

/** 552 and 554 are about the mail; what else a server refuses would happen to the next one as well. */
const failed = (error: unknown): NotSent =>
  new NotSent({
    reason: "",
    said: problemOf(error),
    isAboutMessage: hasCode(error) && [552, 554].includes(error.responseCode)
  })

/** @returns the server's last answer. */
export const send = (target: MailTarget, message: Message): Effect.Effect<string, NotSent> =>
  Effect.suspend(() => {
    const { clientHost, from, host, isHtml, isUnverified, port, secure, startTls, timeoutMs, to } = target
    const transport = createTransport({
      host,
      port,
      secure,
      ignoreTLS: startTls === "never",
      requireTLS: startTls === "required",
      name: clientHost,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: { rejectUnauthorized: !isUnverified },
      ...authOf(target)
    })
    const { id, text, title } = message
    const mail = {
      from,
      to: [...to],
      subject: title,
      ...(isHtml ? { html: text } : { text }),
      // The same for a second try, and no answer by an absence notice.
      messageId: `<${id.replaceAll(/[^A-Za-z0-9.-]/g, "-")}@${from.address.split("@")[1] ?? "lastgood"}>`,
      headers: { "Auto-Submitted": "auto-generated" }
    }
    return Effect.tryPromise({ try: () => transport.sendMail(mail), catch: failed }).pipe(
      Effect.map(({ rejected, response }) =>
        rejected.length === 0 ? response : `${response} (${rejected.length} of ${to.length} recipients refused)`
      ),
      Effect.ensuring(Effect.sync(() => transport.close()))
    )
  })
