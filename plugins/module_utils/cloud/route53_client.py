# Copyright: (c) 2026, The authoritative.dns maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few calls of Route 53's API that a mirror needs, with every failure as one kind of exception."""

from __future__ import annotations

import contextlib
import os
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.authoritative.dns.plugins.module_utils.cloud.route53 import Change, name_text, name_wire

try:
    import boto3
    import botocore.config
    import botocore.exceptions
except ImportError:
    boto3 = None
    IMPORT_ERROR = traceback.format_exc()
else:
    IMPORT_ERROR = None

ENDPOINT = "AWS_ENDPOINT_URL_ROUTE_53"  # botocore reads it since 1.31, and we do for those before
REGION = "us-east-1"  # which Route 53 is signed for outside of China, wherever the user's other things are
ATTEMPTS = 8  # of each request, unless the environment's AWS_MAX_ATTEMPTS says otherwise; the pauses grow to 20 s
CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30  # s
# what no other zone of the same run can escape
HOPELESS = frozenset(
    {"AccessDenied", "AccessDeniedException", "ExpiredToken", "IncompleteSignature", "InvalidClientTokenId", "SignatureDoesNotMatch", "Throttling"}
)


class ProviderError(Exception):
    """Route 53 refused something or could not be reached. code: its word for it. hopeless: whether every further call would fail alike."""

    def __init__(self, text: str, code: str = "", hopeless: bool = False):
        super().__init__(text)
        self.code = code
        self.hopeless = hopeless


class HostedZone(NamedTuple):
    id: str
    name: bytes
    comment: str
    private: bool
    name_servers: tuple


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Everything that boto raises as ProviderError, in one line."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        found = error.response.get("Error", {})
        code, status = found.get("Code", ""), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        # what follows the first line of a complaint about a signature is the request over again
        reason = (found.get("Message") or "no reason given").strip().partition("\n")[0]
        raise ProviderError(f"{error.operation_name}: {code}: {reason}", code, code in HOPELESS or status >= 500) from None
    except botocore.exceptions.BotoCoreError as error:
        hopeless = not isinstance(error, botocore.exceptions.ParamValidationError)
        raise ProviderError(f"Route 53 cannot be asked: {error}", type(error).__name__, hopeless) from None


class Client:
    """Route 53 as one account sees it. calls: how many HTTP requests were sent, the repeated ones too."""

    def __init__(self, options: Mapping[str, Any]):
        self.calls = 0
        attempts = os.environ.get("AWS_MAX_ATTEMPTS", "")
        config = botocore.config.Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            # knows Throttling and PriorRequestNotComplete, which are errors 400, and pauses longer each time
            retries={"mode": "standard", "total_max_attempts": int(attempts) if attempts.isdigit() else ATTEMPTS},
        )
        with _told():
            session = boto3.session.Session(
                aws_access_key_id=options["access_key"],
                aws_secret_access_key=options["secret_key"],
                aws_session_token=options["session_token"],
                profile_name=options["profile"],
                region_name=options["region"],
            )
            region = session.region_name or REGION
            endpoint = options["endpoint_url"] or os.environ.get(ENDPOINT)
            try:
                self._client = session.client("route53", region_name=region, endpoint_url=endpoint, config=config)
            except botocore.exceptions.BotoCoreError:
                raise  # some are a ValueError too
            except ValueError as error:
                raise ProviderError(f"endpoint_url: {error}; give a URL such as https://route53.amazonaws.com", hopeless=True) from None
        self._client.meta.events.register("before-send.route53", self._count)

    def _count(self, **_event: Any) -> None:
        self.calls += 1

    def public_zones(self, name: bytes) -> list[str]:
        """The ids of the public hosted zones of this name."""
        found = []
        start = {"DNSName": name_text(name)}
        with _told():
            while True:
                answer = self._client.list_hosted_zones_by_name(**start)
                zones = [zone for zone in answer["HostedZones"] if name_wire(zone["Name"]) == name]
                found += [_bare(zone["Id"]) for zone in zones if not zone["Config"]["PrivateZone"]]
                if not answer.get("IsTruncated") or len(zones) < len(answer["HostedZones"]):
                    return found
                start = {"DNSName": answer["NextDNSName"], "HostedZoneId": answer["NextHostedZoneId"]}

    def zone(self, zone_id: str) -> HostedZone:
        with _told():
            return _hosted_zone(self._client.get_hosted_zone(Id=zone_id))

    def create_zone(self, name: bytes, comment: str) -> HostedZone:
        with _told():
            answer = self._client.create_hosted_zone(Name=name_text(name), CallerReference=str(uuid.uuid4()), HostedZoneConfig={"Comment": comment})
            return _hosted_zone(answer)

    def delete_zone(self, zone_id: str) -> None:
        with _told():
            self._client.delete_hosted_zone(Id=zone_id)

    def record_sets(self, zone_id: str) -> list[Mapping[str, Any]]:
        with _told():
            pages = self._client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id)
            return [entry for page in pages for entry in page["ResourceRecordSets"]]

    def change(self, zone_id: str, batch: Sequence[Change], comment: str) -> str:
        """The id of the change, which is made at all of Route 53's servers a little later."""
        request = {"Comment": comment, "Changes": [change.request() for change in batch]}
        with _told():
            return _bare(self._client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=request)["ChangeInfo"]["Id"])

    def is_in_sync(self, change_id: str) -> bool:
        with _told():
            return self._client.get_change(Id=change_id)["ChangeInfo"]["Status"] == "INSYNC"


def _bare(identifier: str) -> str:
    """/hostedzone/Z1 → Z1"""
    return identifier.rpartition("/")[2]


def _hosted_zone(answer: Mapping[str, Any]) -> HostedZone:
    zone = answer["HostedZone"]
    config = zone.get("Config", {})
    servers = tuple(answer.get("DelegationSet", {}).get("NameServers", ()))
    return HostedZone(_bare(zone["Id"]), name_wire(zone["Name"]), config.get("Comment", ""), config.get("PrivateZone", False), servers)
