// SPDX-License-Identifier: MIT
// bbolt behind functions that C calls (calls.h says what each does): opening, closing and what is done to a whole store.
package main

/*
#include <errno.h>

#include "engines/peers/bbolt/calls.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"strings"
	"syscall"
	"unsafe"

	bolt "go.etcd.io/bbolt"
)

// All records are in one bucket.
var bucket = []byte("records")

// A transaction of the copy that a compaction writes: bytes of keys and values.
const compactStep = 16 << 20

// An open store.
type store struct {
	db      *bolt.DB
	path    string
	options bolt.Options
}

// Needed by the linker only.
func main() {}

func find(handle C.uint64_t) *store { return cgo.Handle(handle).Value().(*store) }

var errNotOurs = errors.New("not made by storebench")

// What bbolt puts into words of its own, and ends with the system's.
var worded = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.ENOMEM, syscall.EACCES}

func codeOf(err error) C.int {
	var number syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &number):
		return -C.int(number)
	case errors.Is(err, bolt.ErrTimeout):
		return -C.EWOULDBLOCK
	case errors.Is(err, bolt.ErrInvalid), errors.Is(err, bolt.ErrVersionMismatch), errors.Is(err, errNotOurs):
		return -C.EINVAL
	case errors.Is(err, bolt.ErrChecksum):
		return -C.EBADMSG
	}
	for _, word := range worded {
		if strings.HasSuffix(err.Error(), word.Error()) {
			return -C.int(word)
		}
	}
	return -C.EIO
}

// bbolt panics on what it finds broken, and Go on a page of the map that the file no longer has: both are errors of the
// call. It is deferred by each; View and Update have let go of their locks by then.
func caught(code *C.int) {
	if recover() != nil {
		*code = -C.EIO
	}
}

func putText(text *C.char, room C.size_t, words string) {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(text)), int(room))
	bytes[copy(bytes[:len(bytes)-1], words)] = 0
}

func makeBucket(db *bolt.DB) error {
	return db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	})
}

func hasBucket(db *bolt.DB) error {
	return db.View(func(tx *bolt.Tx) error {
		if tx.Bucket(bucket) == nil {
			return errNotOurs
		}
		return nil
	})
}

func compactPath(path string) string { return path + ".compact" }

func open(path string, options bolt.Options, create bool) (*store, error) {
	// bbolt would make it.
	_, err := os.Stat(path)
	made := errors.Is(err, os.ErrNotExist)
	if err != nil && !(made && create) {
		return nil, err
	}
	if !options.ReadOnly {
		os.Remove(compactPath(path)) // of a compaction that was killed
	}
	db, err := bolt.Open(path, 0600, &options)
	if err != nil {
		return nil, err
	}
	if made {
		err = makeBucket(db)
	} else {
		err = hasBucket(db)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return &store{db, path, options}, nil
}

//export bbolt_open
func bbolt_open(settings *C.struct_bbolt_settings, handle *C.uint64_t, text *C.char, room C.size_t) (code C.int) {
	defer caught(&code)
	debug.SetPanicOnFault(true)
	options := bolt.Options{
		Timeout:         1, // ns: it does not wait for its lock
		ReadOnly:        bool(settings.read_only),
		NoSync:          bool(settings.no_sync),
		NoGrowSync:      bool(settings.no_grow_sync),
		InitialMmapSize: int(settings.map_bytes),
	}
	opened, err := open(C.GoString(settings.path), options, bool(settings.create))
	if err != nil {
		putText(text, room, err.Error())
		return codeOf(err)
	}
	*handle = C.uint64_t(cgo.NewHandle(opened))
	return 0
}

//export bbolt_close
func bbolt_close(handle C.uint64_t) (code C.int) {
	defer caught(&code)
	err := find(handle).db.Close()
	cgo.Handle(handle).Delete()
	return codeOf(err)
}

//export bbolt_sync
func bbolt_sync(handle C.uint64_t) (code C.int) {
	defer caught(&code)
	return codeOf(find(handle).db.Sync())
}

// A copy that is on the device when it returns.
func (s *store) copyTo(path string) error {
	options := s.options
	options.NoSync = true
	copied, err := bolt.Open(path, 0600, &options)
	if err != nil {
		return err
	}
	err = bolt.Compact(copied, s.db, compactStep)
	if err == nil {
		err = copied.Sync()
	}
	if closed := copied.Close(); err == nil {
		err = closed
	}
	return err
}

func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// The copy takes the file's place while that is closed. Should opening it fail, the store stays closed, and says so.
func (s *store) compact() error {
	fresh := compactPath(s.path)
	os.Remove(fresh)
	if err := s.copyTo(fresh); err != nil {
		os.Remove(fresh)
		return err
	}
	if err := s.db.Close(); err != nil {
		return err
	}
	if err := os.Rename(fresh, s.path); err != nil {
		return err
	}
	db, err := bolt.Open(s.path, 0600, &s.options)
	if err != nil {
		return err
	}
	s.db = db
	return syncFolder(s.path)
}

//export bbolt_compact
func bbolt_compact(handle C.uint64_t) (code C.int) {
	defer caught(&code)
	debug.SetPanicOnFault(true)
	return codeOf(find(handle).compact())
}

//export bbolt_describe
func bbolt_describe(text *C.char, room C.size_t) C.int {
	putText(text, room, fmt.Sprintf("%s, GOMAXPROCS %d", runtime.Version(), runtime.GOMAXPROCS(0)))
	return 0
}

//export bbolt_nothing
func bbolt_nothing() C.int { return 0 }
