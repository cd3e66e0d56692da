"""Share: a report to print, and a copy of the explorer as one file, for readers who do not have HEM.

The report has the numbers of Overview with their intervals, its figures, the reasons, the weakest slices, the hardest
rows, and what was proven of the sets and retrainings of the run; it is shown below as it will be printed. The copy is
the explorer itself, with its map, gallery, filters and pictures inside one HTML file that opens without a server and
without a network; nothing can be tagged in it. Of more rows than it may hold, half are the hardest and half are drawn
at random, and it says so. Both hold pictures and texts of the data: send them only to whom the data may be sent.
"""
