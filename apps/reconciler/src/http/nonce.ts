/** A random word that nobody can guess: of a code, a session, or a form that acts once. 24 characters, base64url. */
import type { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"

export const makeNonce = (random: SecureRandom["Service"]) =>
  Effect.map(random.randomBytes(18), (bytes) => Buffer.from(bytes).toString("base64url"))
