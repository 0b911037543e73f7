"""The floor of `verify`: the same listing requests over http.client, and a hash of each file.

Runs alone and imports nothing that is not needed for that: `python floor.py URL FOLDER`.
"""

import hashlib
import http.client
import json
import os
import sys
from urllib.parse import urlsplit


def list_prompts(url: str) -> int:
    """Page through a project, one request after the other, and count what comes."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    path = "/v1/prompt?project_name=Trader&limit=1000"
    count, after = 0, ""
    while True:
        connection.request("GET", path + after, headers={"Authorization": "Bearer any"})
        objects = json.loads(connection.getresponse().read())["objects"]
        count += len(objects)
        if len(objects) < 1000:
            return count
        after = f"&starting_after={objects[-1]['id']}"


def hash_files(folder: str) -> int:
    """Hash every file of a folder."""
    count = 0
    for entry in os.scandir(folder):
        with open(entry.path, "rb") as file:  # noqa: PTH123  pathlib is slower, and this is a floor
            hashlib.sha256(file.read()).hexdigest()
        count += 1
    return count


if __name__ == "__main__":
    remote, local = list_prompts(sys.argv[1]), hash_files(sys.argv[2])
    if remote != local:
        sys.exit(f"{remote} prompts there, {local} files here")
