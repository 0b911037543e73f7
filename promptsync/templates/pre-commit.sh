# Runs before each commit: the registry has to serve the staged prompts.
# To commit once without it: git commit --no-verify
kept="$(dirname "$0")/pre-commit.before-promptsync"
if [ -x "$kept" ]; then
    "$kept" "$@" || exit $?
fi
# A branch without this folder has no prompts.
cd @FOLDER@ 2>/dev/null || exit 0
python=@PYTHON@
if [ -x "$python" ]; then
    exec "$python" -P -m promptsync @ARGUMENTS@
elif command -v promptsync >/dev/null 2>&1; then
    exec promptsync @ARGUMENTS@
fi
echo 'error: promptsync is not installed here, so the staged prompts were not checked' >&2
echo >&2
echo 'hint: install it and commit again, or commit unchecked: git commit --no-verify' >&2
exit 1
