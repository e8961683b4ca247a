/**
 * LAW-12: a URL in any text without what may be secret in it: user and password, query and fragment. Host and path stay,
 * since they say what was asked. A password may hold an unescaped `/`, `?` or `#`, as people write them: what comes after
 * a colon and is no port is taken for one, up to the last `@`. Bounded, so that no text takes quadratic time.
 */
const url =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/?#'"<>]{0,1000}@|[^\s/?#'"<>:@]{0,300}:(?!\d{1,5}(?:[/?#\s]|$))[^\s'"<>]{0,1000}@)?([^\s?#'"<>]*)(?:[?#][^\s'"<>]*)?/gi

export const withoutUrlSecrets = (text: string): string => text.replace(url, "$1$2")
