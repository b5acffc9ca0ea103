"""ListStudies of studies that are not in memory."""

from messages import float_parameter, param
from wire import Wire, pb


def test_studies_are_listed_whole_without_being_loaded(make_server):
    server = make_server()
    with Wire(server.address) as wire:
        for name in ("a", "b", "c"):
            study = pb.Study(name=name, space=pb.SearchSpace(parameters=[float_parameter()]), user_attrs=[pb.Attribute(key="k", json="[1]")])
            wire.must("CreateStudy", pb.CreateStudyRequest(study=study))
        wire.must("AddTrials", pb.AddTrialsRequest(study="a", trials=[pb.Trial(params=[param("x", 0.5)], values=[1])] * 3))
        handles = [trial.handle for trial in wire.must("Ask", pb.AskRequest(study="a", count=4)).trials]
        outcomes = [pb.Outcome(trial=handles[0], values=[1]), pb.Outcome(trial=handles[1], state=pb.Trial.PRUNED),
                    pb.Outcome(trial=handles[2], state=pb.Trial.FAILED)]
        wire.must("Tell", pb.TellRequest(outcomes=outcomes))
        wire.must("Enqueue", pb.EnqueueRequest(study="a"))
        before = wire.must("ListStudies", pb.ListStudiesRequest())
        assert before.studies[0].counts == pb.TrialCounts(waiting=1, running=1, complete=4, pruned=1, failed=1, imported=3)
    assert server.stop() == 0
    server.start()
    with Wire(server.address) as wire:
        pages = [wire.must("ListStudies", pb.ListStudiesRequest(page_size=2))]
        pages.append(wire.must("ListStudies", pb.ListStudiesRequest(page_size=2, page_token=pages[0].next_page_token)))
        assert [study for page in pages for study in page.studies] == list(before.studies)
        assert wire.must("GetServerInfo", pb.GetServerInfoRequest()).live_studies == 0
        assert wire.must("GetStudy", pb.GetStudyRequest(study="a")) == before.studies[0]
