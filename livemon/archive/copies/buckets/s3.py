"""S3Bucket: any server that speaks S3, by s3fs.

Checksums are sent only when required: newer boto adds headers that other servers refuse. An ETag is not always
an MD5, so none is compared. Small objects carry their MD5 for the server to check; large
ones are asked for their size.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from livemon.archive.copies.buckets.calls import UNSUPPORTED, BucketCalls, signs
from livemon.base.errors import BucketError
from livemon.base.private_files import open_private

PART_BYTES = 8 << 20
"""Files of more than two parts are sent in parts, one after the other: memory holds one."""
READ_BYTES = 8 << 20
DELETED_AT_ONCE = 500
CONFIG = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "connect_timeout": 10,
    "read_timeout": 60,
    "retries": {"max_attempts": 1},
    "max_pool_connections": 4,
}


class S3Bucket:
    """Objects below a prefix of an S3 bucket.

    Parameters
    ----------
    bucket, prefix
        Its address.
    endpoint, region
        Of another server than AWS; empty: AWS's own.
    user, secret
        Access key; empty: boto's own chain (environment, instance role).
    """

    may_be_unmounted = False

    def __init__(self, bucket: str, prefix: str, endpoint: str, region: str, user: str, secret: str) -> None:
        import s3fs

        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.label = f"s3://{bucket}/{self._prefix}".rstrip("/")
        self._calls = BucketCalls(self.label, (secret,))
        style: Mapping[str, Any] = {"s3": {"addressing_style": "path"}} if endpoint else {}
        self._fs = s3fs.S3FileSystem(
            key=user or None,
            secret=secret or None,
            endpoint_url=endpoint or None,
            client_kwargs={"region_name": region} if region else {},
            config_kwargs={**CONFIG, **style},
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._fs.retries = 2  # the worker waits longer between its own tries

    def put(self, path: Path, name: str) -> None:
        """Store a file under a name, replacing what is there."""
        size = path.stat().st_size
        in_parts = size >= 2 * PART_BYTES
        more = {} if in_parts else {"ContentMD5": base64.b64encode(_md5(path)).decode()}
        key = f"{self._bucket}/{self._prefix}{name}"
        more |= {"ContentType": "application/octet-stream"}
        self._run(
            lambda: self._fs._put_file(str(path), key, chunksize=PART_BYTES, max_concurrency=1, **more), name, size
        )
        if in_parts and self._head(name) != size:
            raise BucketError("copies.refused", bucket=self.label, reason=f"{name} is not as long as it was sent")

    def get(self, name: str, target: Path) -> None:
        """Write an object to a file."""
        size = self._head(name)
        with open_private(target, "wb") as file:
            for start in range(0, size, READ_BYTES):
                file.write(self.read(name, start, min(size, start + READ_BYTES)))

    def read(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        """Return bytes [start, end) of an object; to its end when None."""
        key = f"{self._bucket}/{self._prefix}{name}"
        size = 0 if end is None else end - start
        return bytes(self._run(lambda: self._fs._cat_file(key, start=start or None, end=end), name, size))

    def sizes(self, prefix: str = "") -> dict[str, int]:
        """Return the objects whose name begins with a prefix, with their bytes."""
        asked = {"Prefix": self._prefix + prefix}
        return {
            one["Key"][len(self._prefix) :]: int(one["Size"])
            for page in self._pages("list_objects_v2", asked, {"NextContinuationToken": "ContinuationToken"})
            for one in page.get("Contents", ())
        }

    def delete(self, names: Collection[str]) -> None:
        """Delete objects with all their versions, and see that none is left."""
        wanted = {self._prefix + name for name in names}
        for prefix in sorted({name.rpartition("/")[0] for name in wanted}):
            within = {name for name in wanted if name.rpartition("/")[0] == prefix}
            self._remove([one for one in self._versions(prefix) if one["Key"] in within])
            if any(one["Key"] in within for one in self._versions(prefix)):
                raise BucketError("copies.locked", bucket=self.label)

    def delete_below(self, prefix: str) -> None:
        """Delete every object whose name begins with a prefix, with all versions, and see that none is left."""
        self._remove(self._versions(self._prefix + prefix))
        if self._versions(self._prefix + prefix):
            raise BucketError("copies.locked", bucket=self.label)

    def clean(self) -> None:
        """Abort uploads in parts that were interrupted: they cost storage and are shown by no listing."""
        try:
            pages = list(self._pages("list_multipart_uploads", {"Prefix": self._prefix}, {}))
        except BucketError:
            return  # some servers do not list them
        for page in pages:
            for one in page.get("Uploads", ()):
                asked = {"Bucket": self._bucket, "Key": one["Key"], "UploadId": one["UploadId"]}
                self._call("abort_multipart_upload", asked)

    def stop(self) -> None:
        """End running calls, from any thread."""
        self._calls.stop()

    def _remove(self, found: list[dict[str, str]]) -> None:
        for at in range(0, len(found), DELETED_AT_ONCE):
            batch = {"Objects": found[at : at + DELETED_AT_ONCE], "Quiet": True}
            answer = self._call("delete_objects", {"Bucket": self._bucket, "Delete": batch})
            for problem in answer.get("Errors", ()):
                locked = problem.get("Code") in ("AccessDenied", "ObjectLocked", "InvalidRequest")
                code = "copies.locked" if locked else "copies.unreachable"
                values = {} if locked else {"reason": str(problem.get("Code"))}
                raise BucketError(code, bucket=self.label, **values)

    def _versions(self, prefix: str) -> list[dict[str, str]]:
        """Return all versions and delete markers below a prefix; without versions, the objects."""
        renamed = {"NextKeyMarker": "KeyMarker", "NextVersionIdMarker": "VersionIdMarker"}
        try:
            pages = list(self._pages("list_object_versions", {"Prefix": prefix}, renamed))
        except BucketError as exc:
            if signs(exc).isdisjoint(UNSUPPORTED):
                raise  # an unlisted object would be left behind
            pages = []  # a server without versions
        found = [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for one in page.get(kind, ())
        ]
        listed = {one["Key"] for one in found}
        plain = self.sizes(prefix[len(self._prefix) :])
        return found + [{"Key": self._prefix + name} for name in plain if self._prefix + name not in listed]

    def _head(self, name: str) -> int:
        found = self._run(lambda: self._fs._call_s3("head_object", Bucket=self._bucket, Key=self._prefix + name), name)
        return int(found["ContentLength"])

    def _pages(self, method: str, asked: Mapping[str, Any], renamed: Mapping[str, str]) -> Iterator[Any]:
        more: dict[str, Any] = {}
        while True:
            page = self._call(method, {"Bucket": self._bucket, **asked, **more})
            yield page
            more = {name: page[found] for found, name in renamed.items() if page.get(found)}
            if not page.get("IsTruncated") or not more:
                return

    def _call(self, method: str, asked: Mapping[str, Any]) -> Any:
        return self._run(lambda: self._fs._call_s3(method, **asked))

    def _run(self, call: Any, name: str = "", size: int = 0) -> Any:
        try:
            return self._calls.run(self._fs.loop, call, size)
        except BucketError as exc:
            if exc.said.code == "copies.no_bucket" and name and isinstance(exc.__cause__, FileNotFoundError):
                raise self._calls.error(exc.__cause__, name) from exc
            raise


def _md5(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
