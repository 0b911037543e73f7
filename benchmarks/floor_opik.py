"""The floor of `verify` with Opik: its two requests over http.client, and a hash of each file.

Runs alone and imports nothing that is not needed for that:
`python floor_opik.py URL PROJECT_ID FILE_OF_IDS FOLDER`.
"""

import hashlib
import http.client
import json
import os
import sys
from urllib.parse import urlsplit


def read_prompts(url: str, project_id: str, ids: list[str]) -> int:
    """List the prompts of a project, then read the versions that are known."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", f"/v1/private/prompts?project_id={project_id}&page=1&size=1000")
    listed = json.loads(connection.getresponse().read())["content"]
    body = json.dumps({"ids": ids})
    connection.request("POST", "/v1/private/prompts/versions/retrieve-by-ids", body)
    versions = json.loads(connection.getresponse().read())
    return len(versions) if len(versions) == len(listed) else -1


def hash_files(folder: str) -> int:
    """Hash every file of a folder."""
    count = 0
    for entry in os.scandir(folder):
        with open(entry.path, "rb") as file:  # noqa: PTH123  pathlib is slower, and this is a floor
            hashlib.sha256(file.read()).hexdigest()
        count += 1
    return count


if __name__ == "__main__":
    with open(sys.argv[3]) as file:  # noqa: PTH123  likewise
        known = json.load(file)
    remote, local = read_prompts(sys.argv[1], sys.argv[2], known), hash_files(sys.argv[4])
    if remote != local:
        sys.exit(f"{remote} prompts there, {local} files here")
