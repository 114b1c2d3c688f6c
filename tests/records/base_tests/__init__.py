"""Tests of EPICS base that need no code inside of the IOC, over CA. What base tests, and where that is tested here:

| base | here |
|---|---|
| asyncproctest | test_asyncproc |
| linkFilterTest, lnkStateTest, lnkCalcTest (what CA sees) | test_links |
| longoutTest (OOPT), scanEventTest, regressTest (severities), dbPutLinkTest (texts) | test_records |
| recGblCheckDeadbandTest | tests/records/test_deadband |
| arrShorthandTest, dbChArrTest, arrTest, dbndTest, decTest, syncTest, tsTest | tests/server/test_filters |
| dbChannelTest (modifiers) | tests/server/test_views |
| dbCaLinkTest (CP, CPP, loss of the connection) | tests/runtime/test_links |

In place of aiTest, biTest, mbbioDirectTest, softTest, simmTest, seqTest, compressTest, printfTest, linkInitTest and
linkRetargetLinkTest there are the cases of tests.records.differential: the same fields, puts at random.

Not there: analogMonitorTest (events of a client), boTest (two monitors), arrayOpTest, dbPutGetTest (truncation counts),
asyncSoftTest, asTest and aslibtest (we have no access security files).
"""
