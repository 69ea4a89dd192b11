#!/usr/bin/env python3
"""Checks api/nango.openapi.yaml: it is valid OpenAPI, and the answers that were recorded from a real
Nango server fit its schemas. Run from the root of the repository."""

import json
import pathlib
import re
import sys
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

DOCUMENT = pathlib.Path("api/nango.openapi.yaml")
RECORDED = pathlib.Path("nango-dev/tests/observed")

# A text in angle brackets stands for a value that differs between servers.
STAND_INS = {"<int>": 1, "<list>": []}

# What a real server stores, and no schema needs to allow.
ODD = {"E51": "an import with an empty id"}

# No server at hand has an app of Nango's own.
NEVER_RECORDED = ["create_quickstart_integration"]


def stand_in(value):
    """Replaces the stand-ins in a recorded body."""
    if isinstance(value, dict):
        return {name: stand_in(member) for name, member in value.items()}
    if isinstance(value, list):
        return [stand_in(element) for element in value]
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"<object with (.*)>", value)
    return dict.fromkeys(found[1].split(", "), "x") if found else STAND_INS.get(value, value)


def routes(document):
    """Each route: a pattern for its paths, its method and its responses."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            paths = [path, operation.get("x-nango-alternate-path")]
            for known in filter(None, paths):
                # Express matches paths in any case, and with a slash at the end.
                pattern = re.sub(r"\{\w+\}", "[^/]+", known) + "/?"
                yield re.compile(pattern, re.IGNORECASE), method.upper(), operation


def answer_schema(document, operation, status):
    """The schema of the answer with a status, as a reference into the document."""
    responses = operation["responses"]
    response = responses.get(str(status), responses["default"])
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return response["content"]["application/json"]["schema"] if "content" in response else None


def main():
    document = yaml.safe_load(DOCUMENT.read_text())
    validate(document)

    # A path without a parameter comes first.
    table = sorted(routes(document), key=lambda route: route[0].pattern.count("[^/]+"))
    reached, count, wrong = set(), 0, []
    for file in sorted(RECORDED.glob("*.json")):
        for case in json.loads(file.read_text())["cases"]:
            body = case["expect"].get("body")
            path = urlsplit(case["request"]["target"]).path
            found = [
                operation
                for pattern, method, operation in table
                if method == case["request"]["method"] and pattern.fullmatch(path)
            ]
            if not found or case["case"] in ODD:
                continue
            status = case["expect"]["status"]
            if status == 204 and "204" in found[0]["responses"]:
                reached.add((found[0]["operationId"], True))
            if body is None:
                continue
            schema = answer_schema(document, found[0], status)
            reached.add((found[0]["operationId"], status < 400))
            count += 1
            # With its components, so that references within the document can be followed.
            whole = {**schema, "components": document["components"]}
            for error in Draft202012Validator(whole).iter_errors(stand_in(body)):
                where = "/".join(map(str, error.absolute_path))
                wrong.append(f"{case['case']}: {case['what']}: {where}: {error.message}")

    for operation in (operation for _, _, operation in table):
        name = operation["operationId"]
        if (name, True) not in reached and name not in NEVER_RECORDED:
            wrong.append(f"{name}: no recorded answer shows it succeed")
    print("\n".join(wrong), file=sys.stderr)
    print(f"api: {len(document['paths'])} paths, {len(document['components']['schemas'])} schemas, "
          f"{count} recorded answers, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
