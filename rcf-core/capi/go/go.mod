module rcf

go 1.22
