/**
 * LAW-12: a URL in any text without what may be secret in it: user and password, query and fragment. Host and path stay,
 * since they say what was asked.
 */
const url = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#'"<>]*@)?([^\s?#'"<>]*)(?:[?#][^\s'"<>]*)?/gi

export const withoutUrlSecrets = (text: string): string => text.replace(url, "$1$2")
