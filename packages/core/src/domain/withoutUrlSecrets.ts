/**
 * LAW-12: removes the parts of URLs in a text that may be secret: user and password, query and fragment. Host and path
 * stay, to name what was asked. A password may hold an unescaped `/`, `?` or `#`: text after a colon that is not a port
 * counts as a password, up to the last `@`. Bounded, so that no text takes quadratic time.
 */
const url =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/?#'"<>]{0,1000}@|[^\s/?#'"<>:@]{0,300}:(?!\d{1,5}(?:[/?#\s]|$))[^\s'"<>]{0,1000}@)?([^\s?#'"<>]*)(?:[?#][^\s'"<>]*)?/gi

export const withoutUrlSecrets = (text: string): string => text.replace(url, "$1$2")
