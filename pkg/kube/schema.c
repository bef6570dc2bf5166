/* Made from schema.tbl; change that and run: awk -f pkg/kube/schema.awk pkg/kube/schema.tbl >pkg/kube/schema.c */
#include "pkg/kube/schema.h"

/* clang-format off */
/* name, reason, type or values, kind, shape, status, required */
const struct schema_field schema_fields[] = {
	{1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, {17,0,16,9,0,1,0}, {26,0,17,9,0,1,0}, {31,0,0,8,0,2,0}, 
	{1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, {17,0,16,9,0,1,0}, {38,0,0,1,0,1,0}, {48,0,0,0,2,1,0}, 
	{53,0,0,7,2,1,0}, {1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, {17,0,16,9,0,1,0}, {38,0,0,1,0,1,0}, 
	{48,0,0,7,2,1,0}, {64,0,0,0,2,1,0}, {75,0,0,0,0,1,0}, {1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, 
	{17,0,16,9,0,1,0}, {26,0,18,9,0,2,0}, {31,0,0,8,0,2,0}, {1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, 
	{17,0,16,9,0,1,0}, {26,0,19,9,0,1,0}, {31,0,0,8,0,2,0}, {1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, 
	{17,0,16,9,0,1,0}, {26,0,20,9,0,1,0}, {31,0,0,8,0,2,0}, {1,0,0,0,0,1,0}, {12,0,0,0,0,1,0}, 
	{17,0,16,9,0,1,0}, {26,0,21,9,0,1,0}, {31,0,0,8,0,2,0}, {1,0,0,0,0,0,0}, {12,0,0,0,0,0,0}, 
	{17,0,16,9,0,0,0}, {26,0,22,9,0,0,0}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, {12,0,0,0,0,0,0}, 
	{17,0,16,9,0,0,0}, {26,0,23,9,0,0,0}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, {12,0,0,0,0,0,0}, 
	{17,0,16,9,0,0,0}, {26,0,24,9,0,0,1}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, {12,0,0,0,0,0,0}, 
	{17,0,16,9,0,0,0}, {26,0,25,9,0,0,0}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, {12,0,0,0,0,0,0}, 
	{80,0,0,1,0,0,0}, {109,0,26,9,1,0,0}, {17,0,16,9,0,0,0}, {126,0,27,9,1,0,0}, {1,0,0,0,0,0,0}, 
	{12,0,0,0,0,0,0}, {17,0,16,9,0,0,0}, {26,0,28,9,0,0,0}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, 
	{12,0,0,0,0,0,0}, {17,0,16,9,0,0,0}, {26,0,29,9,0,0,0}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, 
	{12,0,0,0,0,0,0}, {17,0,16,9,0,0,0}, {26,0,30,9,0,0,0}, {31,0,0,8,0,0,0}, {1,0,0,0,0,0,0}, 
	{12,0,0,0,0,0,0}, {17,0,16,9,0,0,0}, {26,0,31,9,0,0,0}, {134,0,0,0,2,1,0}, {146,0,0,0,0,2,0}, 
	{164,0,0,3,0,2,0}, {191,0,0,0,0,2,0}, {209,0,0,0,1,2,0}, {220,0,0,0,0,2,0}, {233,0,0,3,0,2,0}, 
	{244,0,0,0,2,1,0}, {251,0,0,8,1,2,0}, {265,0,0,0,0,1,0}, {270,0,0,0,0,1,0}, {280,0,32,9,1,2,0}, 
	{296,0,0,0,0,2,0}, {312,0,0,0,0,2,0}, {321,0,0,0,0,2,0}, {325,0,33,9,1,1,0}, {333,0,34,9,1,1,0}, 
	{348,0,34,9,1,1,1}, {359,379,35,9,1,4,0}, {445,0,6329,0,0,1,0}, {459,0,0,3,0,1,0}, {489,511,0,3,0,4,0}, 
	{540,0,6352,0,0,1,0}, {550,563,0,0,2,3,0}, {607,0,0,0,0,2,0}, {626,0,0,0,0,2,0}, {80,0,0,1,0,2,0}, 
	{641,563,0,0,0,3,0}, {650,0,0,1,0,1,0}, {662,0,0,1,0,1,0}, {670,0,0,1,0,1,0}, {678,0,0,1,0,1,0}, 
	{700,0,36,9,0,1,0}, {109,716,26,9,1,3,0}, {754,0,0,0,0,1,0}, {763,773,0,0,0,4,0}, {819,563,37,9,0,3,0}, 
	{828,563,0,0,0,3,0}, {842,563,38,9,1,3,0}, {854,0,39,9,1,1,0}, {866,563,0,0,0,3,0}, {884,563,0,2,0,3,0}, 
	{893,0,40,9,0,1,0}, {903,563,41,9,1,3,0}, {918,935,0,0,0,4,0}, {988,0,0,1,0,2,0}, {1007,563,6402,0,0,3,0}, 
	{1024,563,0,5,2,3,0}, {1033,563,42,9,1,3,0}, {1059,773,0,1,0,4,0}, {1077,0,43,9,0,1,0}, 
	{1080,0,0,1,0,1,0}, {1090,563,44,9,1,3,0}, {1106,1121,45,9,1,4,0}, {1159,1169,46,9,0,4,0}, 
	{1230,773,0,0,0,4,0}, {1247,563,47,9,0,3,0}, {1263,1282,48,9,1,3,0}, {1316,0,6429,0,1,0,0}, 
	{1328,0,49,9,0,0,0}, {1159,0,50,9,0,0,0}, {1337,0,0,0,0,0,0}, {1348,0,0,0,0,0,0}, {1365,0,6487,0,0,0,0}, 
	{1376,0,51,9,0,0,0}, {1387,0,52,9,0,0,0}, {1401,0,0,0,0,0,0}, {1427,0,0,2,0,1,0}, {1328,0,49,9,0,1,1}, 
	{1436,0,53,9,0,1,1}, {1445,1454,54,9,0,3,0}, {1498,1454,0,2,0,3,0}, {1514,1454,0,2,0,3,0}, 
	{1535,1454,0,1,0,3,0}, {1542,1454,0,2,0,3,0}, {1427,0,0,2,0,1,0}, {1498,1454,0,2,0,3,0}, 
	{1328,0,49,9,0,1,1}, {1436,0,53,9,0,1,0}, {1328,0,49,9,0,1,1}, {1436,0,53,9,0,1,1}, 
	{1566,1454,55,9,0,3,0}, {1498,1454,0,2,0,3,0}, {1514,1454,0,2,0,3,0}, {1427,0,0,2,0,0,0}, 
	{1328,0,49,9,0,0,1}, {1436,0,53,9,0,0,1}, {1581,0,3,9,1,0,0}, {1602,0,0,0,0,0,0}, {1614,0,6504,0,0,0,0}, 
	{1566,0,56,9,0,0,0}, {1514,0,0,2,0,0,0}, {1498,0,0,2,0,0,0}, {1634,0,57,9,0,0,0}, {1671,0,58,9,0,0,0}, 
	{1680,0,0,2,0,0,0}, {1692,0,0,2,0,0,0}, {489,0,0,3,0,0,0}, {1704,0,59,9,0,0,0}, {1721,0,60,9,0,0,0}, 
	{1735,0,0,2,0,0,0}, {1748,0,0,2,0,0,0}, {1769,0,0,2,0,0,0}, {1328,0,49,9,0,0,0}, {1786,0,0,1,0,0,0}, 
	{1436,0,53,9,0,0,1}, {1801,0,0,2,0,0,0}, {1825,0,6526,0,0,0,0}, {1840,0,0,1,0,0,0}, {1848,0,6545,0,0,0,0}, 
	{1869,0,0,0,0,0,0}, {1879,0,0,8,0,0,0}, {1890,0,0,0,0,0,1}, {1899,0,0,0,0,0,0}, {1908,0,0,3,0,0,0}, 
	{1932,0,6572,0,0,0,0}, {1840,0,0,1,0,0,0}, {1950,0,61,9,0,0,1}, {1962,0,0,2,0,0,0}, {1989,0,0,2,0,0,0}, 
	{2012,0,62,9,1,0,0}, {1328,0,0,0,2,0,0}, {2018,0,0,0,0,0,0}, {2028,0,0,0,1,0,0}, {75,0,6593,0,0,0,0}, 
	{2039,0,0,0,1,0,0}, {2051,0,6638,0,0,0,0}, {2067,0,0,0,0,0,0}, {2082,0,0,0,1,0,0}, {2107,0,0,0,0,0,0}, 
	{2120,0,6652,0,0,0,0}, {2142,0,0,2,0,0,0}, {2162,0,0,1,0,0,0}, {2187,0,63,9,0,0,0}, {2209,0,0,0,1,0,0}, 
	{2220,0,6666,0,0,0,0}, {2235,0,0,1,0,0,0}, {2265,0,0,0,0,0,0}, {2283,0,6652,0,0,0,0}, {2305,0,0,0,0,0,0}, 
	{265,0,0,0,0,0,0}, {1,0,0,0,0,0,0}, {2325,0,0,0,0,0,0}, {12,0,0,0,0,0,0}, {265,0,0,0,0,0,0}, 
	{270,0,0,0,0,0,0}, {296,0,0,0,0,0,0}, {321,0,0,0,0,0,0}, {209,0,0,0,1,0,0}, {1316,0,0,0,1,0,0}, 
	{2335,0,64,9,0,0,0}, {2356,0,65,9,0,0,0}, {2366,0,66,9,0,0,0}, {2376,0,0,5,2,0,0}, {2385,0,67,9,0,0,0}, 
	{2392,0,68,9,0,0,0}, {2399,0,27,9,0,0,0}, {2408,0,69,9,0,0,0}, {2412,0,70,9,0,0,0}, {2415,0,71,9,0,0,0}, 
	{2426,0,72,9,0,0,0}, {2434,0,73,9,0,0,0}, {2452,0,74,9,0,0,0}, {2462,0,75,9,0,0,0}, {2471,0,76,9,0,0,0}, 
	{2477,0,77,9,0,0,0}, {2483,0,0,0,1,0,0}, {2496,0,78,9,0,0,0}, {2500,0,79,9,0,0,0}, {2513,0,6711,0,0,0,0}, 
	{2543,0,80,9,0,0,0}, {2564,0,81,9,0,0,0}, {2579,0,82,9,0,0,0}, {2587,0,83,9,0,0,0}, {2591,0,84,9,0,0,0}, 
	{1348,0,0,0,0,0,0}, {2599,0,85,9,0,0,0}, {1401,0,0,0,0,0,0}, {1365,0,6487,0,0,0,0}, {2609,0,86,9,0,0,0}, 
	{2623,0,87,9,0,0,0}, {2638,0,0,0,0,0,0}, {2655,0,88,9,1,0,0}, {2661,0,89,9,1,0,0}, {2665,0,90,9,1,0,0}, 
	{2672,0,91,9,1,0,0}, {2680,0,49,9,0,0,0}, {2692,0,0,0,1,0,0}, {1,0,0,0,0,0,1}, {2704,0,0,1,0,0,0}, 
	{2723,0,0,1,0,0,0}, {12,0,0,0,0,0,1}, {265,0,0,0,0,0,1}, {321,0,0,0,0,0,1}, {265,0,0,0,0,1,1}, 
	{2462,0,75,9,0,1,0}, {2734,0,92,9,0,1,0}, {2434,2743,73,9,0,4,0}, {2335,2743,64,9,0,4,0}, 
	{2782,2743,93,9,0,4,0}, {2790,0,94,9,0,1,0}, {2496,2743,78,9,0,4,0}, {2471,2743,95,9,0,4,0}, 
	{2452,2743,96,9,0,4,0}, {2797,0,97,9,0,1,0}, {2587,2743,98,9,0,4,0}, {2415,2743,99,9,0,4,0}, 
	{2392,2743,100,9,0,4,0}, {2385,2743,101,9,0,4,0}, {2426,2743,72,9,0,4,0}, {2819,2743,102,9,0,4,0}, 
	{2412,2743,70,9,0,4,0}, {2366,2743,103,9,0,4,0}, {2831,0,104,9,0,1,0}, {2609,2743,86,9,0,4,0}, 
	{2579,2743,82,9,0,4,0}, {2356,2743,65,9,0,4,0}, {2543,2743,80,9,0,4,0}, {2841,2743,105,9,0,4,0}, 
	{2564,2743,81,9,0,4,0}, {2591,2743,106,9,0,4,0}, {2599,2743,107,9,0,4,0}, {2408,2743,108,9,0,4,0}, 
	{2851,2743,109,9,0,4,0}, {2861,2743,110,9,0,4,0}, {265,0,0,0,0,1,1}, {2861,0,0,0,0,1,0}, 
	{2867,0,0,0,1,1,0}, {2875,0,0,0,1,1,0}, {2880,0,0,0,0,1,0}, {2012,0,111,9,1,1,0}, {2891,0,112,9,1,1,0}, 
	{2899,0,113,9,1,1,0}, {1159,0,46,9,0,1,0}, {2903,2916,114,9,1,3,0}, {445,2951,6733,0,0,4,0}, 
	{3008,2951,115,9,1,4,0}, {3027,0,116,9,1,1,0}, {3040,3054,117,9,1,4,0}, {3086,3100,118,9,0,4,0}, 
	{3124,3100,118,9,0,4,0}, {3139,3100,118,9,0,4,0}, {3152,0,119,9,0,1,0}, {3162,3185,0,0,0,3,0}, 
	{3219,3185,6756,0,0,3,0}, {3244,0,6783,0,0,1,0}, {700,0,120,9,0,1,0}, {3260,0,0,1,0,1,0}, 
	{3266,0,0,1,0,1,0}, {3276,0,0,1,0,1,0}, {265,0,0,0,0,0,1}, {2861,0,0,0,0,0,0}, {2867,0,0,0,1,0,0}, 
	{2875,0,0,0,1,0,0}, {2880,0,0,0,0,0,0}, {2012,0,111,9,1,0,0}, {2891,0,112,9,1,0,0}, {2899,0,113,9,1,0,0}, 
	{1159,0,46,9,0,0,0}, {2903,0,114,9,1,0,0}, {445,0,6733,0,0,0,0}, {3008,0,115,9,1,0,0}, 
	{3027,0,116,9,1,0,0}, {3040,0,117,9,1,0,0}, {3086,0,118,9,0,0,0}, {3124,0,118,9,0,0,0}, 
	{3139,0,118,9,0,0,0}, {3152,0,119,9,0,0,0}, {3162,0,0,0,0,0,0}, {3219,0,6756,0,0,0,0}, 
	{3244,0,6783,0,0,0,0}, {700,0,120,9,0,0,0}, {3260,0,0,1,0,0,0}, {3266,0,0,1,0,0,0}, {3276,0,0,1,0,0,0}, 
	{3280,0,0,0,0,0,0}, {3300,935,121,9,0,4,0}, {3315,935,122,9,0,4,0}, {3330,0,0,3,0,1,0}, 
	{3340,0,0,3,0,1,0}, {3351,0,0,1,0,1,0}, {3364,0,0,3,1,1,0}, {3383,0,6809,0,0,1,0}, {3408,3416,0,3,0,4,0}, 
	{3451,0,123,9,1,1,0}, {3459,3479,6822,0,0,3,0}, {3531,0,124,9,0,1,0}, {3546,935,125,9,0,4,0}, 
	{3562,3479,6844,0,0,3,0}, {2500,0,126,9,0,0,0}, {3582,0,127,9,0,0,0}, {3594,0,128,9,0,0,0}, 
	{3610,0,0,0,0,0,0}, {3614,0,6866,0,0,0,0}, {3623,0,0,0,0,0,0}, {3629,0,6885,0,0,0,0}, {3636,0,0,3,0,0,0}, 
	{3654,0,0,0,0,1,1}, {3657,0,0,0,1,1,0}, {3667,0,0,0,1,1,0}, {3679,0,0,0,1,1,0}, {3688,0,129,9,1,1,0}, 
	{3696,0,0,0,0,0,1}, {3710,0,0,2,0,0,1}, {3718,0,0,0,0,0,1}, {3730,0,6923,0,0,0,1}, {3748,0,49,9,0,0,0}, 
	{3762,0,0,2,0,0,0}, {3773,0,6952,0,0,0,0}, {3792,0,6952,0,0,0,0}, {3809,0,0,0,1,0,0}, 
	{265,0,6965,0,0,1,1}, {265,0,0,0,0,0,1}, {265,0,0,0,0,0,1}, {3824,0,0,0,0,0,0}, {3842,0,0,0,0,0,0}, 
	{3868,0,0,5,2,1,0}, {3875,0,0,5,2,1,0}, {3884,1121,130,9,1,4,0}, {3891,0,0,0,0,0,0}, {265,0,0,0,0,0,1}, 
	{884,0,0,2,0,0,0}, {3904,0,131,9,1,1,0}, {3921,0,0,0,2,1,0}, {3868,0,0,5,2,0,0}, {3875,0,0,5,2,0,0}, 
	{3933,0,0,0,0,0,0}, {12,0,0,0,0,0,1}, {265,0,0,0,0,0,1}, {3933,0,0,0,0,0,0}, {12,0,0,0,0,0,1}, 
	{265,0,0,0,0,0,1}, {270,0,0,0,0,0,0}, {17,0,16,9,0,1,0}, {26,0,17,9,0,1,0}, {75,0,6979,0,0,0,0}, 
	{3942,0,132,9,0,0,0}, {75,0,7002,0,0,0,0}, {3942,0,133,9,0,0,0}, {75,0,7025,0,0,0,0}, 
	{3942,0,134,9,0,0,0}, {3956,0,7057,0,0,0,0}, {3968,0,7057,0,0,0,0}, {3979,0,0,2,0,0,0}, 
	{2655,0,135,9,1,0,1}, {2655,0,136,9,1,0,1}, {17,0,16,9,0,0,0}, {26,0,23,9,0,0,0}, {265,0,0,0,0,0,0}, 
	{3985,0,7071,0,0,0,0}, {3994,0,0,0,0,0,0}, {4006,0,0,2,0,0,1}, {4011,0,0,6,0,0,0}, {4022,0,0,2,0,0,0}, 
	{4031,0,137,9,0,0,0}, {4040,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4056,0,0,2,0,0,0}, {4066,0,0,1,0,0,0}, 
	{4075,0,0,0,0,0,1}, {4084,0,0,0,0,0,1}, {4092,0,7084,0,0,0,0}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, 
	{12,0,7108,0,0,0,0}, {4066,0,0,1,0,0,0}, {4104,0,0,0,0,0,1}, {4115,0,0,0,0,0,0}, {4131,0,0,0,0,0,1}, 
	{4141,0,0,0,1,0,1}, {4150,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, {4155,0,0,0,0,0,0}, {4166,0,138,9,0,0,0}, 
	{4176,0,0,0,0,0,0}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, {4166,0,138,9,0,0,0}, {4040,0,0,0,0,0,1}, 
	{4181,0,138,9,0,0,0}, {4207,0,138,9,0,0,0}, {4234,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4241,0,138,9,0,0,0}, 
	{4261,0,138,9,0,0,0}, {4282,0,138,9,0,0,0}, {4066,0,0,1,0,0,0}, {4301,0,0,0,2,0,0}, {4318,0,0,0,0,0,1}, 
	{4331,0,0,0,1,0,0}, {4342,0,0,2,0,0,0}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, {4346,0,0,0,1,0,0}, 
	{4234,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {3688,0,0,0,2,0,0}, {4066,0,0,1,0,0,0}, {4166,0,138,9,0,0,0}, 
	{4352,0,0,0,0,0,0}, {4364,0,0,0,0,0,0}, {4376,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4056,0,0,2,0,0,0}, 
	{4066,0,0,1,0,0,0}, {4383,0,0,0,0,0,1}, {4393,0,0,0,0,0,0}, {4150,0,0,0,0,0,1}, {4066,0,0,1,0,0,0}, 
	{4150,0,0,0,0,1,1}, {75,0,7133,0,0,1,0}, {4412,0,0,1,0,0,0}, {4430,0,0,1,0,0,0}, {4049,0,0,0,0,0,0}, 
	{4446,0,0,0,0,0,0}, {4460,0,0,0,0,0,1}, {4464,0,0,0,0,0,0}, {4342,0,0,2,0,0,1}, {4479,0,0,0,1,0,0}, 
	{4066,0,0,1,0,0,0}, {4166,0,138,9,0,0,0}, {4487,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4150,0,0,0,0,0,1}, 
	{4500,0,0,0,0,0,1}, {4150,0,0,0,0,0,1}, {4066,0,0,1,0,0,0}, {4507,0,139,9,0,0,0}, {4516,0,0,0,0,0,1}, 
	{4049,0,0,0,0,0,0}, {4040,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, {4521,0,0,0,0,0,1}, 
	{4530,0,0,0,0,0,1}, {4066,0,0,1,0,0,0}, {4176,0,0,0,0,0,0}, {4537,0,0,0,0,0,0}, {4543,0,0,0,0,0,0}, 
	{4049,0,0,0,0,0,0}, {2861,0,0,0,0,0,1}, {4550,0,0,0,0,0,0}, {4141,0,0,0,1,0,1}, {4558,0,0,0,0,0,0}, 
	{4066,0,0,1,0,0,0}, {4166,0,138,9,0,0,0}, {4176,0,0,0,0,0,0}, {4049,0,0,0,0,0,0}, {4563,0,0,0,0,0,1}, 
	{4571,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, {4166,0,138,9,0,0,1}, {4588,0,0,1,0,0,0}, {4599,0,0,0,0,0,0}, 
	{4611,0,0,0,0,0,0}, {4623,0,0,0,0,0,1}, {1337,0,0,0,0,0,0}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, 
	{4166,0,27,9,0,0,0}, {1337,0,0,0,0,0,0}, {4630,0,0,0,0,0,0}, {4646,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, 
	{4657,0,0,0,0,0,0}, {4675,0,0,0,0,0,0}, {4691,0,51,9,0,0,0}, {4700,0,140,9,0,0,0}, {4708,0,0,0,0,0,0}, 
	{4713,0,141,9,0,0,0}, {4718,0,0,0,1,0,0}, {4104,0,0,0,0,0,0}, {2012,0,142,9,1,0,0}, {4724,0,143,9,1,0,0}, 
	{4727,0,143,9,1,0,0}, {2012,0,142,9,1,0,0}, {4732,0,0,0,0,1,0}, {4739,0,0,5,0,1,0}, {4749,4754,0,2,0,4,0}, 
	{4794,0,0,0,0,0,1}, {4805,0,0,0,0,0,0}, {4814,0,0,0,0,0,0}, {4104,0,0,0,0,1,0}, {4824,0,144,9,1,1,0}, 
	{4830,0,0,2,0,1,0}, {4842,0,0,1,0,1,0}, {4851,4863,0,3,0,4,0}, {4487,0,0,0,0,0,1}, {4460,0,0,0,0,0,1}, 
	{4342,0,0,2,0,0,1}, {4464,0,0,0,0,0,0}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, {4479,0,0,0,1,0,0}, 
	{4412,0,0,1,0,0,0}, {4430,0,0,1,0,0,0}, {4166,0,26,9,0,0,0}, {4446,0,0,0,0,0,0}, {4383,0,0,0,0,0,1}, 
	{4150,0,0,0,0,0,1}, {4066,0,0,1,0,0,0}, {4894,0,0,0,0,1,1}, {4066,0,0,1,0,1,0}, {4141,0,0,0,1,0,1}, 
	{2861,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4558,0,0,0,0,0,0}, {4176,0,0,0,0,0,0}, {4550,0,0,0,0,0,0}, 
	{4166,0,26,9,0,0,0}, {4066,0,0,1,0,0,0}, {4234,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4166,0,26,9,0,0,0}, 
	{4066,0,0,1,0,0,0}, {3688,0,0,0,2,0,0}, {4040,0,0,0,0,0,1}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, 
	{4166,0,26,9,0,0,0}, {4141,0,0,0,1,0,1}, {4150,0,0,0,0,0,0}, {4176,0,0,0,0,0,0}, {4155,0,0,0,0,0,0}, 
	{4166,0,26,9,0,0,0}, {4066,0,0,1,0,0,0}, {4824,0,145,9,1,0,0}, {4830,0,0,2,0,0,0}, {4851,0,0,3,0,0,0}, 
	{4104,0,0,0,0,0,1}, {4131,0,0,0,0,0,1}, {4066,0,0,1,0,0,0}, {265,0,0,0,0,1,0}, {4824,0,144,9,1,1,0}, 
	{4830,0,0,2,0,1,0}, {4842,0,0,1,0,1,0}, {4851,4863,0,3,0,4,0}, {4904,0,146,9,1,0,0}, {4830,0,0,2,0,0,0}, 
	{4851,0,0,3,0,0,0}, {4563,0,0,0,0,0,1}, {4623,0,0,0,0,0,1}, {4166,0,26,9,0,0,1}, {4588,0,0,1,0,0,0}, 
	{4571,0,0,0,0,0,0}, {4611,0,0,0,0,0,0}, {4599,0,0,0,0,0,0}, {1337,0,0,0,0,0,0}, {4049,0,0,0,0,0,0}, 
	{4066,0,0,1,0,0,0}, {1337,0,0,0,0,0,0}, {4630,0,0,0,0,0,0}, {4049,0,0,0,0,0,0}, {4066,0,0,1,0,0,0}, 
	{4166,0,26,9,0,0,0}, {4234,0,0,0,0,0,1}, {4066,0,0,1,0,0,0}, {4049,0,0,0,0,0,0}, {4301,0,0,0,2,0,0}, 
	{4261,0,26,9,0,0,0}, {4912,0,147,9,0,0,0}, {4932,0,0,0,0,0,0}, {4942,0,6783,0,0,0,0}, {265,0,0,0,0,1,0}, 
	{4953,0,0,2,0,1,0}, {4962,0,0,2,0,1,1}, {3985,0,7071,0,0,1,0}, {4976,0,0,0,0,1,0}, {4983,0,0,0,0,1,0}, 
	{4990,0,148,9,0,1,0}, {4166,0,149,9,0,1,0}, {265,0,0,0,0,1,1}, {3623,0,0,0,0,1,0}, {5003,0,150,9,0,1,0}, 
	{5013,0,0,0,0,0,1}, {445,0,7209,0,0,0,1}, {5026,0,7238,0,0,0,1}, {5033,0,151,9,0,0,0}, {265,0,0,0,0,1,1}, 
	{4066,0,0,1,0,1,0}, {5043,0,7267,0,0,1,0}, {5061,0,0,0,0,1,1}, {5071,0,0,0,0,1,0}, {5079,0,7295,0,0,1,0}, 
	{5096,0,0,0,0,1,0}, {5108,5125,0,0,1,4,0}, {265,0,0,0,0,0,1}, {5152,0,0,0,0,0,1}, {5163,0,152,9,0,0,0}, 
	{5168,0,153,9,0,0,0}, {5176,0,154,9,0,0,0}, {5186,0,155,9,0,0,0}, {5191,0,0,2,0,0,0}, {5211,0,0,2,0,0,0}, 
	{5226,0,0,2,0,0,0}, {5240,0,0,2,0,0,0}, {5257,0,0,2,0,0,0}, {459,0,0,3,0,0,0}, {5274,5284,156,9,0,4,0}, 
	{5304,5284,156,9,0,4,0}, {5312,0,7330,0,0,1,0}, {5323,0,157,9,0,1,0}, {5336,0,0,1,0,1,0}, 
	{3300,5347,121,9,0,4,0}, {3315,5347,122,9,0,4,0}, {3330,0,0,3,0,1,0}, {3340,0,0,3,0,1,0}, 
	{3351,0,0,1,0,1,0}, {5406,0,0,1,0,1,0}, {5429,0,0,1,0,1,0}, {5454,0,7943,0,0,1,0}, {3531,0,124,9,0,1,0}, 
	{3546,5347,125,9,0,4,0}, {4176,0,0,0,0,0,0}, {5464,0,0,0,0,0,0}, {75,0,0,0,0,0,0}, {5469,0,0,0,0,0,0}, 
	{5475,0,0,0,0,0,0}, {5498,0,0,0,0,0,0}, {5517,0,0,0,0,0,0}, {5531,0,0,1,0,0,0}, {265,0,0,0,0,1,1}, 
	{3623,0,0,0,0,1,1}, {75,0,7960,0,0,1,1}, {5543,5560,0,0,0,4,0}, {75,0,7960,0,0,0,1}, {5543,0,0,0,0,0,0}, 
	{5592,0,139,9,0,0,0}, {5639,0,158,9,1,0,0}, {5592,0,159,9,1,0,0}, {5639,0,160,9,1,0,0}, 
	{5592,0,159,9,1,0,0}, {5639,0,160,9,1,0,0}, {265,0,0,0,0,1,0}, {3623,0,0,0,0,1,0}, {265,0,0,0,0,0,1}, 
	{5687,0,0,0,0,0,0}, {3610,0,0,0,0,1,1}, {3614,0,0,0,0,1,1}, {5695,0,0,0,1,1,0}, {5702,0,0,6,0,0,0}, 
	{5717,0,0,6,0,0,0}, {5702,0,0,6,0,0,0}, {5717,0,0,6,0,0,0}, {4056,0,0,2,0,0,0}, {5702,0,0,6,0,0,0}, 
	{5026,0,7996,0,0,0,1}, {5726,0,161,9,0,0,0}, {5738,0,162,9,1,0,0}, {5754,0,0,0,0,0,0}, {5771,0,0,2,0,0,0}, 
	{5211,0,0,2,0,0,0}, {265,0,0,0,0,0,0}, {270,0,0,0,0,0,0}, {5786,0,163,9,1,0,1}, {265,0,0,0,0,0,1}, 
	{4006,0,164,9,0,0,0}, {5804,0,165,9,1,0,1}, {5810,0,0,2,0,0,0}, {4006,0,0,6,0,0,0}, {3985,0,8027,0,0,0,0}, 
	{5818,0,166,9,0,0,0}, {5826,0,49,9,0,0,0}, {2680,0,49,9,0,0,0}, {3610,0,0,0,0,1,1}, {4150,0,0,0,0,1,1}, 
	{4749,0,0,2,0,1,0}, {4176,5844,0,3,0,4,0}, {4150,0,0,0,0,0,1}, {5874,0,167,9,0,0,0}, {5883,0,168,9,0,0,0}, 
	{4749,0,0,2,0,0,0}, {4176,0,0,3,0,0,0}, {2790,0,169,9,0,0,0}, {2819,0,170,9,0,0,0}, {2831,0,171,9,0,0,0}, 
	{5900,0,172,9,0,0,0}, {5920,0,173,9,0,0,0}, {5939,0,174,9,0,0,0}, {17,0,16,9,0,0,0}, {26,0,18,9,0,0,1}, 
	{265,0,0,0,0,1,0}, {4842,0,0,1,0,1,0}, {265,0,0,0,0,1,0}, {4842,0,0,1,0,1,0}, {5874,0,167,9,0,1,0}, 
	{5883,0,168,9,0,1,0}, {5954,0,175,9,0,1,0}, {5970,0,176,9,0,1,0}, {5983,5994,177,9,0,4,0}, 
	{3614,0,8040,0,0,0,1}, {5695,0,0,2,1,0,0}, {2867,0,0,0,1,0,0}, {4150,0,0,0,0,0,0}, {4006,0,0,6,0,0,1}, 
	{4708,0,0,0,0,0,0}, {6021,0,8049,0,0,0,0}, {6028,0,178,9,1,0,0}, {3985,0,8060,0,0,0,0}, 
	{4006,0,0,6,0,0,1}, {4708,0,0,0,0,0,0}, {4006,0,0,2,0,0,1}, {4700,0,0,0,0,0,0}, {4749,0,8072,0,0,0,0}, 
	{5163,0,152,9,0,0,0}, {5168,0,153,9,0,0,0}, {5176,0,154,9,0,0,0}, {6040,0,179,9,0,0,0}, 
	{6046,0,0,0,1,1,0}, {6050,0,0,0,1,1,0}, {6055,0,0,2,0,0,1}, {6062,0,163,9,0,0,1}, {3748,0,49,9,0,0,0}, 
	{6073,0,0,0,1,0,0}, {3718,0,0,0,0,0,1}, {5826,0,49,9,0,0,0}, {3809,0,0,0,1,0,0}, {6084,0,0,0,1,0,0}, 
	{6055,0,0,2,0,0,1}, {6102,0,159,9,0,0,1}, {6118,0,0,0,0,0,0}, {3614,0,8040,0,0,0,1}, {5695,0,0,2,1,0,1}, 
	{75,0,0,0,0,0,1}, {31,0,0,0,0,0,0}, {3904,0,180,9,1,0,0}, {6132,0,180,9,1,0,0}, {265,0,0,0,0,0,0}, 
	{6144,0,0,2,0,0,0}, {6151,0,87,9,0,0,1}, {4150,0,0,0,0,0,0}, {6159,0,8086,0,0,0,1}, {6168,0,0,0,0,0,1}, 
	{6173,0,0,0,1,0,0}, {1,0,0,0,0,1,0}, {2325,0,0,0,0,1,1}, {6118,0,0,0,0,1,0}, {4691,0,0,0,0,1,1}, 
	{6180,0,0,5,0,1,0}, {265,0,0,0,0,0,0}, {4824,0,144,9,1,0,0}, {4842,0,0,1,0,0,0}, {4824,0,145,9,1,0,0}, 
	{265,0,0,0,0,0,0}, {4824,0,144,9,1,0,0}, {4842,0,0,1,0,0,0}, {6188,0,0,0,0,0,0}, {6197,0,0,3,0,0,0}, 
	{4150,0,0,0,0,0,1}, {4176,0,0,3,0,0,0}, {265,0,0,0,0,0,0}, {6215,0,0,0,0,0,0}, {3748,0,49,9,0,0,0}, 
	{4842,0,0,1,0,0,0}, {4150,0,0,0,0,0,1}, {4176,0,0,3,0,0,0}, {6215,0,0,0,0,0,1}, {6226,0,0,0,0,0,1}, 
	{6234,0,0,2,0,0,0}, {6255,0,0,0,0,0,0}, {6276,0,0,0,0,0,0}, {6284,0,0,0,0,0,0}, {6305,0,0,0,2,0,0}, 
	{4176,0,0,3,0,0,0}, {265,0,0,0,0,1,0}, {3610,0,0,0,0,1,1}, {4842,0,0,1,0,1,0}, {265,0,0,0,0,1,0}, 
	{3610,0,0,0,0,1,1}, {4842,0,0,1,0,1,0}, {1337,0,0,0,0,0,1}, {4150,0,0,0,0,0,1}, {3610,0,0,0,0,0,1}, 
	{4842,0,0,1,0,0,0}, {265,0,0,0,0,0,1}, {3623,0,0,0,0,0,1}, {6321,0,0,3,0,0,1}, {3610,0,0,0,0,0,1}, 
	{3614,0,8122,0,0,0,1}, {5695,0,0,0,1,0,0}, 
};
/* name, first field, number of fields */
const struct schema_type schema_types[] = {
	{8157,0,5}, {8161,5,6}, {8171,11,7}, {8178,18,5}, {8200,23,5}, {8211,28,5}, {8222,33,5}, {8232,38,5}, 
	{8244,43,5}, {8248,48,5}, {8256,53,5}, {8264,58,6}, {8279,64,5}, {8289,69,5}, {8306,74,5}, {8314,79,4}, 
	{8328,83,15}, {8339,98,43}, {8347,141,9}, {8373,150,8}, {8388,158,4}, {8403,162,5}, {8417,167,11}, 
	{8433,178,17}, {8441,195,8}, {8453,203,20}, {8465,223,1}, {8486,224,7}, {8502,231,1}, {8516,232,31}, 
	{8537,263,4}, {8549,267,4}, {8567,271,6}, {8582,277,31}, {8589,308,25}, {8599,333,26}, {8618,359,13}, 
	{8637,372,3}, {8646,375,5}, {8657,380,2}, {8667,382,3}, {8680,385,1}, {8697,386,8}, {8722,394,1}, 
	{8728,395,1}, {8746,396,3}, {8763,399,3}, {8784,402,1}, {8803,403,2}, {8821,405,2}, {8835,407,2}, 
	{8862,409,3}, {8888,412,4}, {8909,416,2}, {8925,418,2}, {8944,420,2}, {8968,422,2}, {8994,424,2}, 
	{9042,426,1}, {9062,427,1}, {9079,428,1}, {9093,429,2}, {9109,431,6}, {9121,437,1}, {9143,438,4}, 
	{9176,442,6}, {9198,448,4}, {9230,452,6}, {9259,458,4}, {9288,462,10}, {9314,472,5}, {9329,477,5}, 
	{9356,482,2}, {9376,484,4}, {9406,488,4}, {9438,492,2}, {9459,494,11}, {9487,505,2}, {9505,507,3}, 
	{9521,510,1}, {9540,511,2}, {9573,513,3}, {9594,516,6}, {9614,522,8}, {9640,530,10}, {9670,540,5}, 
	{9702,545,4}, {9733,549,2}, {9748,551,2}, {9760,553,2}, {9771,555,2}, {9795,557,2}, {9820,559,3}, 
	{9841,562,3}, {9861,565,5}, {9880,570,11}, {9898,581,3}, {9920,584,2}, {9954,586,8}, {9970,594,5}, 
	{9987,599,4}, {10006,603,6}, {10025,609,3}, {10049,612,3}, {10071,615,5}, {10093,620,3}, {10115,623,10}, 
	{10135,633,5}, {10157,638,5}, {10173,643,1}, {10195,644,2}, {10213,646,5}, {10227,651,3}, {10241,654,3}, 
	{10248,657,2}, {10270,659,2}, {10291,661,8}, {10303,669,2}, {10316,671,10}, {10322,681,3}, {10332,684,12}, 
	{10348,696,4}, {10363,700,4}, {10393,704,2}, {10400,706,2}, {10415,708,2}, {10431,710,2}, {10444,712,2}, 
	{10456,714,2}, {10472,716,2}, {10491,718,2}, {10505,720,3}, {10530,723,2}, {10554,725,2}, {10577,727,2}, 
	{10610,729,3}, {10631,732,2}, {10649,734,1}, {10664,735,2}, {10680,737,1}, {10693,738,2}, {10715,740,1}, 
	{10736,741,3}, {10754,744,3}, {10772,747,4}, {10782,751,5}, {10804,756,6}, {10821,762,2}, {10851,764,2}, 
	{10870,766,2}, {10886,768,5}, {10899,773,2}, {10931,775,1}, {10942,776,6}, {10956,782,2}, {10972,784,3}, 
	{10983,787,4}, {11000,791,2}, {11013,793,2}, {11037,795,6}, {11053,801,2}, {11077,803,3}, {11116,806,2}, 
	{11155,808,2}, {11172,810,2}, {11191,812,3}, {11207,815,2}, {11215,817,2}, {11235,819,3}, {11257,822,3}, 
	{11274,825,1}, {11296,826,3}, {11316,829,4}, {11346,833,6}, {11375,839,8}, {11400,847,3}, {11421,850,3}, 
	{11439,853,4}, {11455,857,2}, {11466,859,1}, {11478,860,3}, 
};
const unsigned schema_types_n = 181;
#pragma GCC diagnostic ignored "-Woverlength-strings"
const char schema_pool[] =
	"\0" "apiVersion\0" "kind\0" "metadata\0" "spec\0" "status\0" "immutable\0" "data\0" "binaryData\0" 
	"stringData\0" "type\0" "automountServiceAccountToken\0" "imagePullSecrets\0" "secrets\0" "annotations\0" 
	"creationTimestamp\0" "deletionGracePeriodSeconds\0" "deletionTimestamp\0" "finalizers\0" "generateName\0" 
	"generation\0" "labels\0" "managedFields\0" "name\0" "namespace\0" "ownerReferences\0" "resourceVersion\0" 
	"selfLink\0" "uid\0" "volumes\0" "initContainers\0" "containers\0" "ephemeralContainers\0" 
	"start them in the cluster; here podctl run --pod adds a container\0" "restartPolicy\0" 
	"terminationGracePeriodSeconds\0" "activeDeadlineSeconds\0" "the pod would never be ended\0" "dnsPolicy\0" 
	"nodeSelector\0" "there is nothing to schedule on one machine\0" "serviceAccountName\0" "serviceAccount\0" 
	"nodeName\0" "hostNetwork\0" "hostPID\0" "hostIPC\0" "shareProcessNamespace\0" "securityContext\0" 
	"images are taken from the local store\0" "hostname\0" "subdomain\0" 
	"the host name would differ from the cluster's\0" "affinity\0" "schedulerName\0" "tolerations\0" 
	"hostAliases\0" "priorityClassName\0" "priority\0" "dnsConfig\0" "readinessGates\0" "runtimeClassName\0" 
	"the pod would run with less isolation than asked for\0" "enableServiceLinks\0" "preemptionPolicy\0" 
	"overhead\0" "topologySpreadConstraints\0" "setHostnameAsFQDN\0" "os\0" "hostUsers\0" "schedulingGates\0" 
	"resourceClaims\0" "devices of a claim cannot be had here\0" "resources\0" 
	"pod-level limits would not hold; give them to the containers\0" "hostnameOverride\0" "schedulingGroup\0" 
	"evictionResponders\0" "nothing is evicted on one machine\0" "accessModes\0" "selector\0" "volumeName\0" 
	"storageClassName\0" "volumeMode\0" "dataSource\0" "dataSourceRef\0" "volumeAttributesClassName\0" 
	"replicas\0" "template\0" "strategy\0" "pods are replaced by playing the file again\0" "minReadySeconds\0" 
	"revisionHistoryLimit\0" "paused\0" "progressDeadlineSeconds\0" "updateStrategy\0" 
	"volumeClaimTemplates\0" "serviceName\0" "podManagementPolicy\0" "persistentVolumeClaimRetentionPolicy\0" 
	"ordinals\0" "parallelism\0" "completions\0" "podFailurePolicy\0" "successPolicy\0" "backoffLimit\0" 
	"backoffLimitPerIndex\0" "maxFailedIndexes\0" "manualSelector\0" "ttlSecondsAfterFinished\0" 
	"completionMode\0" "suspend\0" "podReplacementPolicy\0" "managedBy\0" "scheduling\0" "schedule\0" 
	"timeZone\0" "startingDeadlineSeconds\0" "concurrencyPolicy\0" "jobTemplate\0" 
	"successfulJobsHistoryLimit\0" "failedJobsHistoryLimit\0" "ports\0" "clusterIP\0" "clusterIPs\0" 
	"externalIPs\0" "sessionAffinity\0" "loadBalancerIP\0" "loadBalancerSourceRanges\0" "externalName\0" 
	"externalTrafficPolicy\0" "healthCheckNodePort\0" "publishNotReadyAddresses\0" "sessionAffinityConfig\0" 
	"ipFamilies\0" "ipFamilyPolicy\0" "allocateLoadBalancerNodePorts\0" "loadBalancerClass\0" 
	"internalTrafficPolicy\0" "trafficDistribution\0" "fieldPath\0" "awsElasticBlockStore\0" "azureDisk\0" 
	"azureFile\0" "capacity\0" "cephfs\0" "cinder\0" "claimRef\0" "csi\0" "fc\0" "flexVolume\0" "flocker\0" 
	"gcePersistentDisk\0" "glusterfs\0" "hostPath\0" "iscsi\0" "local\0" "mountOptions\0" "nfs\0" 
	"nodeAffinity\0" "persistentVolumeReclaimPolicy\0" "photonPersistentDisk\0" "portworxVolume\0" "quobyte\0" 
	"rbd\0" "scaleIO\0" "storageos\0" "vsphereVolume\0" "defaultBackend\0" "ingressClassName\0" "rules\0" 
	"tls\0" "egress\0" "ingress\0" "podSelector\0" "policyTypes\0" "blockOwnerDeletion\0" "controller\0" 
	"emptyDir\0" "volumes of this type cannot be mounted\0" "gitRepo\0" "secret\0" "persistentVolumeClaim\0" 
	"downwardAPI\0" "configMap\0" "projected\0" "ephemeral\0" "image\0" "command\0" "args\0" "workingDir\0" 
	"envFrom\0" "env\0" "resizePolicy\0" "a running container is not resized\0" 
	"restart rules of single containers would not be followed\0" "restartPolicyRules\0" "volumeMounts\0" 
	"volumeDevices\0" "block devices are not passed on\0" "livenessProbe\0" "it would never be asked\0" 
	"readinessProbe\0" "startupProbe\0" "lifecycle\0" "terminationMessagePath\0" 
	"termination messages are not read\0" "terminationMessagePolicy\0" "imagePullPolicy\0" "stdin\0" 
	"stdinOnce\0" "tty\0" "targetContainerName\0" "seLinuxOptions\0" "windowsOptions\0" "runAsUser\0" 
	"runAsGroup\0" "runAsNonRoot\0" "supplementalGroups\0" "supplementalGroupsPolicy\0" "fsGroup\0" 
	"the volumes would keep their group\0" "sysctls\0" "fsGroupChangePolicy\0" 
	"it only matters together with fields podctl refuses\0" "seccompProfile\0" "appArmorProfile\0" 
	"seLinuxChangePolicy\0" "podAffinity\0" "podAntiAffinity\0" "key\0" "operator\0" "value\0" "effect\0" 
	"tolerationSeconds\0" "ip\0" "hostnames\0" "nameservers\0" "searches\0" "options\0" "conditionType\0" 
	"maxSkew\0" "topologyKey\0" "whenUnsatisfiable\0" "labelSelector\0" "minDomains\0" "nodeAffinityPolicy\0" 
	"nodeTaintsPolicy\0" "matchLabelKeys\0" "resourceClaimName\0" "resourceClaimTemplateName\0" "limits\0" 
	"requests\0" "claims\0" "podGroupName\0" "matchExpressions\0" "matchLabels\0" "apiGroup\0" 
	"rollingUpdate\0" "whenDeleted\0" "whenScaled\0" "start\0" "protocol\0" "appProtocol\0" "port\0" 
	"targetPort\0" "nodePort\0" "clientIP\0" "volumeID\0" "fsType\0" "partition\0" "readOnly\0" "diskName\0" 
	"diskURI\0" "cachingMode\0" "secretName\0" "secretNamespace\0" "shareName\0" "monitors\0" "path\0" 
	"secretFile\0" "secretRef\0" "user\0" "controllerExpandSecretRef\0" "controllerPublishSecretRef\0" 
	"driver\0" "nodeExpandSecretRef\0" "nodePublishSecretRef\0" "nodeStageSecretRef\0" "volumeAttributes\0" 
	"volumeHandle\0" "targetWWNs\0" "lun\0" "wwids\0" "datasetName\0" "datasetUUID\0" "pdName\0" "endpoints\0" 
	"endpointsNamespace\0" "chapAuthDiscovery\0" "chapAuthSession\0" "initiatorName\0" "iqn\0" 
	"iscsiInterface\0" "portals\0" "targetPortal\0" "server\0" "required\0" "pdID\0" "registry\0" "volume\0" 
	"group\0" "tenant\0" "keyring\0" "pool\0" "gateway\0" "protectionDomain\0" "sslEnabled\0" "storageMode\0" 
	"storagePool\0" "system\0" "volumeNamespace\0" "volumePath\0" "storagePolicyName\0" "storagePolicyID\0" 
	"resource\0" "service\0" "host\0" "http\0" "hosts\0" "to\0" "from\0" "medium\0" "sizeLimit\0" "mode\0" 
	"the directory would be open to everyone\0" "repository\0" "revision\0" "directory\0" "items\0" 
	"defaultMode\0" "optional\0" "defaultUser\0" "the files would belong to root\0" "claimName\0" "sources\0" 
	"volumeClaimTemplate\0" "reference\0" "pullPolicy\0" "hostPort\0" "containerPort\0" "hostIP\0" "prefix\0" 
	"configMapRef\0" "valueFrom\0" "resourceName\0" "action\0" "exitCodes\0" "recursiveReadOnly\0" 
	"mountPath\0" "subPath\0" "mountPropagation\0" "subPathExpr\0" "bindMountOptions\0" 
	"the options would not hold\0" "devicePath\0" "exec\0" "httpGet\0" "tcpSocket\0" "grpc\0" 
	"initialDelaySeconds\0" "timeoutSeconds\0" "periodSeconds\0" "successThreshold\0" "failureThreshold\0" 
	"postStart\0" "it would not be run\0" "preStop\0" "stopSignal\0" "capabilities\0" "privileged\0" 
	"the container would run with less isolation than asked for\0" "readOnlyRootFilesystem\0" 
	"allowPrivilegeEscalation\0" "procMount\0" "role\0" "level\0" "gmsaCredentialSpecName\0" 
	"gmsaCredentialSpec\0" "runAsUserName\0" "hostProcess\0" "localhostProfile\0" 
	"the profile would not be loaded\0" "requiredDuringSchedulingIgnoredDuringExecution\0" 
	"preferredDuringSchedulingIgnoredDuringExecution\0" "request\0" "values\0" "maxUnavailable\0" "maxSurge\0" 
	"onExitCodes\0" "onPodConditions\0" "succeededIndexes\0" "succeededCount\0" "nodeSelectorTerms\0" 
	"paths\0" "endPort\0" "ipBlock\0" "namespaceSelector\0" "the file would belong to root\0" "fieldRef\0" 
	"resourceFieldRef\0" "serviceAccountToken\0" "clusterTrustBundle\0" "podCertificate\0" "configMapKeyRef\0" 
	"secretKeyRef\0" "fileKeyRef\0" "the file would not be read\0" "scheme\0" "httpHeaders\0" "sleep\0" 
	"add\0" "drop\0" "weight\0" "preference\0" "namespaces\0" "mismatchLabelKeys\0" "podAffinityTerm\0" 
	"containerName\0" "matchFields\0" "number\0" "backend\0" "pathType\0" "cidr\0" "except\0" "divisor\0" 
	"audience\0" "expirationSeconds\0" "signerName\0" "keyType\0" "maxExpirationSeconds\0" 
	"credentialBundlePath\0" "keyPath\0" "certificateChainPath\0" "userAnnotations\0" "seconds\0" 
	"Always|OnFailure|Never\0" "ClusterFirstWithHostNet|ClusterFirst|Default|None\0" 
	"PreemptLowerPriority|Never\0" "ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod\0" 
	"Block|Filesystem\0" "OrderedReady|Parallel\0" "NonIndexed|Indexed\0" "TerminatingOrFailed|Failed\0" 
	"Allow|Forbid|Replace\0" "ClusterIP|NodePort|LoadBalancer|ExternalName\0" "ClientIP|None\0" 
	"Cluster|Local\0" "SingleStack|PreferDualStack|RequireDualStack\0" "Delete|Recycle|Retain\0" 
	"Always|Never|OnFailure\0" "File|FallbackToLogsOnError\0" "Always|Never|IfNotPresent\0" "Merge|Strict\0" 
	"OnRootMismatch|Always\0" "Recursive|MountOption\0" "Exists|Equal|Lt|Gt\0" 
	"NoSchedule|PreferNoSchedule|NoExecute\0" "DoNotSchedule|ScheduleAnyway\0" "Ignore|Honor\0" 
	"linux|windows\0" "Recreate|RollingUpdate\0" "RollingUpdate|OnDelete\0" 
	"RollingUpdate|OnDelete|Recreate\0" "Retain|Delete\0" "TCP|UDP|SCTP\0" "None|ReadOnly|ReadWrite\0" 
	"Shared|Dedicated|Managed\0" 
	"DirectoryOrCreate|Directory|FileOrCreate|File|Socket|CharDevice|BlockDevice\0" 
	"NotRequired|RestartContainer\0" "Restart|RestartAllContainers\0" "Disabled|IfPossible|Enabled\0" 
	"None|HostToContainer|Bidirectional\0" 
	"SIGABRT|SIGALRM|SIGBUS|SIGCHLD|SIGCLD|SIGCONT|SIGFPE|SIGHUP|SIGILL|SIGINT|SIGIO|SIGIOT|SIGKILL|SIGPIPE|SIGPOLL|SIGPROF|SIGPWR|SIGQUIT|SIGSEGV|SIGSTKFLT|SIGSTOP|SIGSYS|SIGTERM|SIGTRAP|SIGTSTP|SIGTTIN|SIGTTOU|SIGURG|SIGUSR1|SIGUSR2|SIGVTALRM|SIGWINCH|SIGXCPU|SIGXFSZ|SIGRTMIN|SIGRTMIN+1|SIGRTMIN+2|SIGRTMIN+3|SIGRTMIN+4|SIGRTMIN+5|SIGRTMIN+6|SIGRTMIN+7|SIGRTMIN+8|SIGRTMIN+9|SIGRTMIN+10|SIGRTMIN+11|SIGRTMIN+12|SIGRTMIN+13|SIGRTMIN+14|SIGRTMIN+15|SIGRTMAX-14|SIGRTMAX-13|SIGRTMAX-12|SIGRTMAX-11|SIGRTMAX-10|SIGRTMAX-9|SIGRTMAX-8|SIGRTMAX-7|SIGRTMAX-6|SIGRTMAX-5|SIGRTMAX-4|SIGRTMAX-3|SIGRTMAX-2|SIGRTMAX-1|SIGRTMAX\0" 
	"Default|Unmasked\0" "Unconfined|RuntimeDefault|Localhost\0" "FailJob|FailIndex|Ignore|Count\0" 
	"SCTP|TCP|UDP\0" "In|NotIn\0" "HTTP|HTTPS\0" "HTTP1|HTTP2\0" "Plaintext|TLS\0" 
	"Exact|ImplementationSpecific|Prefix\0" "In|NotIn|Exists|DoesNotExist|Gt|Lt\0" "Pod\0" "ConfigMap\0" 
	"Secret\0" "PersistentVolumeClaim\0" "Deployment\0" "ReplicaSet\0" "DaemonSet\0" "StatefulSet\0" "Job\0" 
	"CronJob\0" "Service\0" "ServiceAccount\0" "Namespace\0" "PersistentVolume\0" "Ingress\0" 
	"NetworkPolicy\0" "ObjectMeta\0" "PodSpec\0" "PersistentVolumeClaimSpec\0" "DeploymentSpec\0" 
	"ReplicaSetSpec\0" "DaemonSetSpec\0" "StatefulSetSpec\0" "JobSpec\0" "CronJobSpec\0" "ServiceSpec\0" 
	"LocalObjectReference\0" "ObjectReference\0" "NamespaceSpec\0" "PersistentVolumeSpec\0" "IngressSpec\0" 
	"NetworkPolicySpec\0" "OwnerReference\0" "Volume\0" "Container\0" "EphemeralContainer\0" 
	"PodSecurityContext\0" "Affinity\0" "Toleration\0" "HostAlias\0" "PodDNSConfig\0" "PodReadinessGate\0" 
	"TopologySpreadConstraint\0" "PodOS\0" "PodSchedulingGate\0" "PodResourceClaim\0" "ResourceRequirements\0" 
	"PodSchedulingGroup\0" "EvictionResponder\0" "LabelSelector\0" "VolumeResourceRequirements\0" 
	"TypedLocalObjectReference\0" "TypedObjectReference\0" "PodTemplateSpec\0" "DeploymentStrategy\0" 
	"DaemonSetUpdateStrategy\0" "StatefulSetUpdateStrategy\0" 
	"StatefulSetPersistentVolumeClaimRetentionPolicy\0" "StatefulSetOrdinals\0" "PodFailurePolicy\0" 
	"SuccessPolicy\0" "JobTemplateSpec\0" "ServicePort\0" "SessionAffinityConfig\0" 
	"AWSElasticBlockStoreVolumeSource\0" "AzureDiskVolumeSource\0" "AzureFilePersistentVolumeSource\0" 
	"CephFSPersistentVolumeSource\0" "CinderPersistentVolumeSource\0" "CSIPersistentVolumeSource\0" 
	"FCVolumeSource\0" "FlexPersistentVolumeSource\0" "FlockerVolumeSource\0" 
	"GCEPersistentDiskVolumeSource\0" "GlusterfsPersistentVolumeSource\0" "HostPathVolumeSource\0" 
	"ISCSIPersistentVolumeSource\0" "LocalVolumeSource\0" "NFSVolumeSource\0" "VolumeNodeAffinity\0" 
	"PhotonPersistentDiskVolumeSource\0" "PortworxVolumeSource\0" "QuobyteVolumeSource\0" 
	"RBDPersistentVolumeSource\0" "ScaleIOPersistentVolumeSource\0" "StorageOSPersistentVolumeSource\0" 
	"VsphereVirtualDiskVolumeSource\0" "IngressBackend\0" "IngressRule\0" "IngressTLS\0" 
	"NetworkPolicyEgressRule\0" "NetworkPolicyIngressRule\0" "EmptyDirVolumeSource\0" "GitRepoVolumeSource\0" 
	"SecretVolumeSource\0" "ISCSIVolumeSource\0" "GlusterfsVolumeSource\0" 
	"PersistentVolumeClaimVolumeSource\0" "RBDVolumeSource\0" "FlexVolumeSource\0" "CinderVolumeSource\0" 
	"CephFSVolumeSource\0" "DownwardAPIVolumeSource\0" "AzureFileVolumeSource\0" "ConfigMapVolumeSource\0" 
	"ProjectedVolumeSource\0" "ScaleIOVolumeSource\0" "StorageOSVolumeSource\0" "CSIVolumeSource\0" 
	"EphemeralVolumeSource\0" "ImageVolumeSource\0" "ContainerPort\0" "EnvFromSource\0" "EnvVar\0" 
	"ContainerResizePolicy\0" "ContainerRestartRule\0" "VolumeMount\0" "VolumeDevice\0" "Probe\0" 
	"Lifecycle\0" "SecurityContext\0" "SELinuxOptions\0" "WindowsSecurityContextOptions\0" "Sysctl\0" 
	"SeccompProfile\0" "AppArmorProfile\0" "NodeAffinity\0" "PodAffinity\0" "PodAntiAffinity\0" 
	"PodDNSConfigOption\0" "ResourceClaim\0" "LabelSelectorRequirement\0" "RollingUpdateDeployment\0" 
	"RollingUpdateDaemonSet\0" "RollingUpdateStatefulSetStrategy\0" "PodFailurePolicyRule\0" 
	"SuccessPolicyRule\0" "ClientIPConfig\0" "SecretReference\0" "NodeSelector\0" "IngressServiceBackend\0" 
	"HTTPIngressRuleValue\0" "NetworkPolicyPort\0" "NetworkPolicyPeer\0" "KeyToPath\0" 
	"DownwardAPIVolumeFile\0" "VolumeProjection\0" "PersistentVolumeClaimTemplate\0" "ConfigMapEnvSource\0" 
	"SecretEnvSource\0" "EnvVarSource\0" "ContainerRestartRuleOnExitCodes\0" "ExecAction\0" "HTTPGetAction\0" 
	"TCPSocketAction\0" "GRPCAction\0" "LifecycleHandler\0" "Capabilities\0" "PreferredSchedulingTerm\0" 
	"PodAffinityTerm\0" "WeightedPodAffinityTerm\0" "PodFailurePolicyOnExitCodesRequirement\0" 
	"PodFailurePolicyOnPodConditionsPattern\0" "NodeSelectorTerm\0" "ServiceBackendPort\0" "HTTPIngressPath\0" 
	"IPBlock\0" "ObjectFieldSelector\0" "ResourceFieldSelector\0" "SecretProjection\0" 
	"DownwardAPIProjection\0" "ConfigMapProjection\0" "ServiceAccountTokenProjection\0" 
	"ClusterTrustBundleProjection\0" "PodCertificateProjection\0" "ConfigMapKeySelector\0" 
	"SecretKeySelector\0" "FileKeySelector\0" "HTTPHeader\0" "SleepAction\0" "NodeSelectorRequirement\0" 
;
