/** What a folder contains, as told by a program that is not part of lastgood and does not use tar. */
import { execa } from "execa"

const script = `
import hashlib, os, stat, sys
def told(path, shown):
    s = os.lstat(path)
    kind = stat.S_IFMT(s.st_mode)
    content = ""
    if kind == stat.S_IFREG: content = hashlib.sha256(open(path, "rb").read()).hexdigest()
    if kind == stat.S_IFLNK: content = os.readlink(path)
    attributes = [(n, os.getxattr(path, n, follow_symlinks=False).hex()) for n in sorted(os.listxattr(path, follow_symlinks=False))]
    links = s.st_nlink if kind == stat.S_IFREG else 0
    print(repr(shown), oct(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns, links, content, attributes)
top = sys.argv[1]
told(top, ".")
for folder, folders, files in os.walk(top):
    folders.sort()
    for name in sorted(folders + files): told(os.path.join(folder, name), os.path.relpath(os.path.join(folder, name), top))
`

/** Content, names, types, modes, numeric owners, times to the nanosecond, hard links, link targets, extended attributes. */
export const treeOf = async (folder: string): Promise<string> =>
  (await execa("python3", ["-I", "-c", script, folder])).stdout

/** Fills a folder with what a copy easily loses. */
export const plant = async (folder: string): Promise<void> => {
  await execa(
    "bash",
    [
      "-euc",
      `mkdir -p deep/er && chmod 2750 deep && chown 1000:33 deep
printf 'Buy milk' > 'a name with spaces' && chmod 640 'a name with spaces' && chown 1234:4321 'a name with spaces'
head -c 300000 /dev/urandom > deep/er/photo && ln deep/er/photo deep/same && ln -s ../nowhere deep/link
mkfifo deep/pipe && touch -d '2001-02-03 04:05:06.789012345' deep/er/photo && : > $'new\\nline'
python3 -c 'import os; os.setxattr("deep/same", "user.note", b"kept")'`
    ],
    { cwd: folder }
  )
}
