# Sourced by scripts in the checkout's folder: copies the checkout, without what git ignores, to $temporary/checkout and
# removes $temporary when the script ends.
temporary="$(mktemp -d)"
trap 'rm -rf "$temporary"' EXIT
mkdir "$temporary/checkout"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [ -e "$file" ]; then printf '%s\0' "$file"; fi
done | tar --null -T - -cf - | tar -xf - -C "$temporary/checkout"

# block_of_readme N: prints the Nth block of shell commands in README.md; -1 for the last.
block_of_readme() {
    python3 - "$1" <<'PYTHON'
import pathlib, re, sys
blocks = re.findall(r"^```bash\n(.*?)^```$", pathlib.Path("README.md").read_text(encoding="utf-8"), re.M | re.S)
number = int(sys.argv[1])
print(blocks[number - 1 if number > 0 else number].strip())
PYTHON
}
