/** LAW-12: text that other programs printed, without the values that an app was given in confidence. */

/** Shorter values (`1`, `yes`, `443`) are no secrets, and taking them out would make every text unreadable. */
const shortest = 4

/** Replaces every secret in a text by `***`; the longest first, so that one that contains another leaves no rest. */
export const redact = (text: string, secrets: ReadonlyArray<string>): string =>
  [...new Set(secrets)]
    .filter((secret) => secret.length >= shortest)
    .toSorted((a, b) => b.length - a.length)
    .reduce((redacted, secret) => redacted.replaceAll(secret, "***"), text)
