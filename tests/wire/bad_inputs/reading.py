"""Bad inputs of the calls that only read, and bytes that are no message at all."""

from __future__ import annotations

from bad_inputs.case import BAD, NO_STUDY, NO_TRIAL, Case, limit
from parzen._proto import parzen_pb2 as pb


def reading_cases():
    yield Case("GetTrial", "no study", lambda f: pb.GetTrialRequest(), *BAD)
    yield Case("GetTrial", "a study that is not there", lambda f: pb.GetTrialRequest(study="absent"), *NO_STUDY)
    yield Case("GetTrial", "a number that no trial has", lambda f: pb.GetTrialRequest(study="s", number=99), *NO_TRIAL)
    yield Case("GetTrial", "number -1", lambda f: pb.GetTrialRequest(study="s", number=-1), *BAD)
    yield Case("GetTrial", "an unknown view", lambda f: pb.GetTrialRequest(study="s", view=5), *BAD)
    yield Case("ListTrials", "no study", lambda f: pb.ListTrialsRequest(), *BAD)
    yield Case("ListTrials", "a study that is not there", lambda f: pb.ListTrialsRequest(study="absent"), *NO_STUDY)
    yield Case("ListTrials", "page_size -1", lambda f: pb.ListTrialsRequest(study="s", page_size=-1), *BAD)
    yield Case("ListTrials", "page_size 10,001", lambda f: pb.ListTrialsRequest(study="s", page_size=10_001), *limit("PAGE"))
    yield Case("ListTrials", "a page_token that is none", lambda f: pb.ListTrialsRequest(study="s", page_token="%%%"), *BAD)
    yield Case("ListTrials", "an unknown state", lambda f: pb.ListTrialsRequest(study="s", states=[6]), *BAD)
    yield Case("ListTrials", "an unknown view", lambda f: pb.ListTrialsRequest(study="s", view=-1), *BAD)
    yield Case("ListTrials", "changed_after -1", lambda f: pb.ListTrialsRequest(study="s", changed_after=-1), *BAD)
    yield Case("BestTrials", "no study", lambda f: pb.BestTrialsRequest(), *BAD)
    yield Case("BestTrials", "a study that is not there", lambda f: pb.BestTrialsRequest(study="absent"), *NO_STUDY)
    yield Case("BestTrials", "page_size 1,001", lambda f: pb.BestTrialsRequest(study="multi", page_size=1001), *BAD)
    yield Case("BestTrials", "page_size -1", lambda f: pb.BestTrialsRequest(study="multi", page_size=-1), *BAD)
    yield Case("BestTrials", "a page_token that is none", lambda f: pb.BestTrialsRequest(study="multi", page_token="x"), *BAD)
    yield Case("RecommendTrials", "no study", lambda f: pb.RecommendTrialsRequest(), *BAD)
    yield Case("RecommendTrials", "a study that is not there", lambda f: pb.RecommendTrialsRequest(study="absent"), *NO_STUDY)
    yield Case("RecommendTrials", "page_size 1,001", lambda f: pb.RecommendTrialsRequest(study="multi", page_size=1001), *BAD)
    yield Case("RecommendTrials", "page_size -1", lambda f: pb.RecommendTrialsRequest(study="multi", page_size=-1), *BAD)
    yield Case("RecommendTrials", "a page_token that is none", lambda f: pb.RecommendTrialsRequest(study="multi", page_token="x"), *BAD)
    yield Case("RecommendTrials", "a study without a complete trial", lambda f: pb.RecommendTrialsRequest(study="multi"), *NO_TRIAL)
    yield Case("GetImportances", "no study", lambda f: pb.GetImportancesRequest(), *BAD)
    yield Case("GetImportances", "a study that is not there", lambda f: pb.GetImportancesRequest(study="absent"), *NO_STUDY)
    yield Case("GetImportances", "objective -1", lambda f: pb.GetImportancesRequest(study="multi", objective=-1), *BAD)
    yield Case("GetImportances", "objective 2 of two", lambda f: pb.GetImportancesRequest(study="multi", objective=2), *BAD)
    yield Case("GetImportances", "objective 1 of one", lambda f: pb.GetImportancesRequest(study="s", objective=1), *BAD)
    yield Case("WatchStudy", "no study", lambda f: pb.WatchStudyRequest(), *BAD)
    yield Case("WatchStudy", "a study that is not there", lambda f: pb.WatchStudyRequest(study="absent"), *NO_STUDY)
    yield Case("WatchStudy", "after_revision -1", lambda f: pb.WatchStudyRequest(study="s", after_revision=-1), *BAD)
    yield Case("WatchStudy", "an unknown view", lambda f: pb.WatchStudyRequest(study="s", view=3), *BAD)
    yield Case("WatchStudy", "an unknown state", lambda f: pb.WatchStudyRequest(study="s", states=[99]), *BAD)


def bytes_cases():
    not_utf8 = b"\x0a\x02\xff\xfe"  # field 1, two bytes that are no UTF-8
    yield Case("GetServerInfo", "bytes that are no message", lambda f: b"\xff\xff\xff\xff", *BAD)
    yield Case("GetStudy", "a name that is no UTF-8", lambda f: not_utf8, *BAD)
    yield Case("ListStudies", "bytes that are no message", lambda f: b"\x07", *BAD)
    yield Case("CreateStudy", "a message cut off", lambda f: b"\x12\x7f\x0a", *BAD)
    yield Case("CreateStudy", "groups nested 10,000 deep", lambda f: b"\x7b" * 10_000 + b"\x7c" * 10_000, *BAD)
    yield Case("UpdateStudy", "a length beyond the end", lambda f: b"\x12\xff\xff\xff\xff\x07", *BAD)
    yield Case("DeleteStudy", "a request_id that is no UTF-8", lambda f: not_utf8, *BAD)
    yield Case("Ask", "bytes that are no message", lambda f: b"\x08\x96\x01\x0b", *BAD)
    yield Case("Tell", "a message cut off", lambda f: b"\x12\x05\x0a\x10", *BAD)
    yield Case("Report", "a field of the wrong wire type at the end", lambda f: b"\x12", *BAD)
    yield Case("Heartbeat", "bytes that are no message", lambda f: b"\x00", *BAD)
    yield Case("Enqueue", "bytes that are no message", lambda f: b"\x1a\x80", *BAD)
    yield Case("AddTrials", "a message of 5 MiB", lambda f: b"\x12" + b"\xff\xff\xff\x02" + b"s" * (5 << 20), "RESOURCE_EXHAUSTED", "LIMIT_MESSAGE")
    yield Case("WatchStudy", "bytes that are no message", lambda f: b"\x0a\x05s", *BAD)
