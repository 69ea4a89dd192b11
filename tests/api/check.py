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


def stand_in(value):
    """Replaces the stand-ins in a recorded body."""
    if isinstance(value, dict):
        return {name: stand_in(member) for name, member in value.items()}
    if isinstance(value, list):
        return [stand_in(element) for element in value]
    return STAND_INS.get(value, value) if isinstance(value, str) else value


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

    table = list(routes(document))
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
            if body is None or not found:
                continue
            status = case["expect"]["status"]
            schema = answer_schema(document, found[0], status)
            reached.add((found[0]["operationId"], status < 400))
            count += 1
            # With its components, so that references within the document can be followed.
            whole = {**schema, "components": document["components"]}
            for error in Draft202012Validator(whole).iter_errors(stand_in(body)):
                where = "/".join(map(str, error.absolute_path))
                wrong.append(f"{case['case']}: {case['what']}: {where}: {error.message}")

    for operation in (operation for _, _, operation in table):
        if (operation["operationId"], True) not in reached:
            wrong.append(f"{operation['operationId']}: no recorded answer shows it succeed")
    print("\n".join(wrong), file=sys.stderr)
    print(f"api: {len(document['paths'])} paths, {len(document['components']['schemas'])} schemas, "
          f"{count} recorded answers, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
