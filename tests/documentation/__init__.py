"""What proves the documentation: pages, the sessions in them, and the parts made from the code.

A page is read from top to bottom, as a person would follow it, in a folder of its own:

    console              commands behind `$ `, each followed by exactly what it prints
    markdown             a prompt file; it has to be valid
    toml                 a configuration; it has to be accepted
    python               executed, with one namespace for the page; with a title it is a program,
                         which `$ python app.py` runs
    yaml, json           parsed
    sh, text, mermaid …  shown, not run

A block with a title, such as ```markdown title="prompts/greeting.md"```, is written to that file,
and a block in `<!-- not shown: … -->` is executed like any other. The commands are `promptsync`,
`git`, `python`, `curl` and a few of a shell's own (`cat`, `cd`, `echo $?`, `export`, `rm`), with
`2>/dev/null` and, after `curl`, `| python -m json.tool` and no other redirection, so that pages run
on Windows too. `curl` asks the service of an example, which hidden Python starts and calls
`service`. A page that sets BRAINTRUST_API_KEY talks to the tests' own Braintrust, whose empty
project is called Greetings; hidden Python reaches it as `braintrust`.

Output is compared exactly, after `Session.plain` has replaced what differs from run to run: the
folder, moments, the port and the version numbers of a Braintrust. git's commits are the same on
every machine, because their authors and dates are. With WRITE_DOCS=1 in the environment the tests
write what was printed into the pages instead of comparing it:

    make docs-write
"""
