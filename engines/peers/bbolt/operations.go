// SPDX-License-Identifier: MIT
// Batches of operations, and scans. Go is entered once for each.
package main

/*
#include <errno.h>

#include "engines/peers/bbolt/calls.h"
*/
import "C"

import (
	"bytes"
	"errors"
	"runtime/cgo"
	"runtime/debug"
	"unsafe"

	bolt "go.etcd.io/bbolt"
)

func bytesAt(at unsafe.Pointer, length C.uint32_t) []byte {
	return unsafe.Slice((*byte)(at), int(length))
}

// As peer_answer in C.
func answer(op *C.struct_op, value []byte) {
	room := op.value_length
	op.value_length = C.uint32_t(len(value))
	if int(room) < len(value) {
		op.status = -C.EMSGSIZE
		return
	}
	op.status = 0
	copy(bytesAt(op.value, room), value)
}

func get(at *bolt.Cursor, op *C.struct_op) {
	key := bytesAt(op.key, op.key_length)
	found, value := at.Seek(key)
	if bytes.Equal(found, key) {
		answer(op, value)
	} else {
		op.status = -C.ENOENT
	}
}

//export bbolt_read
func bbolt_read(handle C.uint64_t, ops **C.struct_op, count C.size_t) (code C.int) {
	defer caught(&code)
	debug.SetPanicOnFault(true)
	return codeOf(find(handle).db.View(func(tx *bolt.Tx) error {
		at := tx.Bucket(bucket).Cursor()
		for _, op := range unsafe.Slice(ops, int(count)) {
			get(at, op)
		}
		return nil
	}))
}

// Takes a transaction back in which nothing changed.
var errUnchanged = errors.New("nothing changed")

// The value stays where it is until the transaction ends; bbolt copies the key.
func put(records *bolt.Bucket, op *C.struct_op) (bool, error) {
	op.status = 0
	return true, records.Put(bytesAt(op.key, op.key_length), bytesAt(op.value, op.value_length))
}

// bbolt's own Delete does not say whether the key was there.
func remove(records *bolt.Bucket, op *C.struct_op) (bool, error) {
	key := bytesAt(op.key, op.key_length)
	at := records.Cursor()
	if found, _ := at.Seek(key); !bytes.Equal(found, key) {
		op.status = -C.ENOENT
		return false, nil
	}
	op.status = 0
	return true, at.Delete()
}

func commit(records *bolt.Bucket, ops []*C.struct_op) error {
	changes := 0
	for _, op := range ops {
		apply := remove
		if op.kind == C.OP_PUT {
			apply = put
		}
		changed, err := apply(records, op)
		if err != nil {
			return err
		}
		if changed {
			changes++
		}
	}
	if changes == 0 {
		return errUnchanged
	}
	return nil
}

//export bbolt_commit
func bbolt_commit(handle C.uint64_t, ops **C.struct_op, count C.size_t) (code C.int) {
	defer caught(&code)
	debug.SetPanicOnFault(true)
	err := find(handle).db.Update(func(tx *bolt.Tx) error {
		return commit(tx.Bucket(bucket), unsafe.Slice(ops, int(count)))
	})
	if err == errUnchanged {
		return 0
	}
	return codeOf(err)
}

// A scan under way: its snapshot, and the record that comes next.
type walk struct {
	tx         *bolt.Tx
	at         *bolt.Cursor
	key, value []byte
}

func (w *walk) start(scan *C.struct_bbolt_scan) {
	w.at = w.tx.Bucket(bucket).Cursor()
	if scan.from == nil {
		w.key, w.value = w.at.First()
	} else {
		w.key, w.value = w.at.Seek(bytesAt(scan.from, scan.from_length))
	}
}

// Copies the next record to the buffer, if it has room for it: the bytes that it took, else 0.
func (w *walk) copyTo(buffer []byte) int {
	var head C.struct_bbolt_entry
	size := int(unsafe.Sizeof(head)) + len(w.key) + len(w.value)
	if size > len(buffer) {
		return 0
	}
	head.key_length, head.value_length = C.uint32_t(len(w.key)), C.uint32_t(len(w.value))
	at := copy(buffer, (*[unsafe.Sizeof(head)]byte)(unsafe.Pointer(&head))[:])
	at += copy(buffer[at:], w.key)
	copy(buffer[at:], w.value)
	return size
}

// Whether there are more than the buffer has room for.
func (w *walk) fill(scan *C.struct_bbolt_scan) bool {
	buffer := unsafe.Slice((*byte)(scan.buffer), int(scan.room))
	for scan.count = 0; w.key != nil && (scan.limit == 0 || scan.count < scan.limit); w.key, w.value = w.at.Next() {
		if len(w.key) == C.PEER_META_LENGTH {
			continue
		}
		size := w.copyTo(buffer)
		if size == 0 {
			return true
		}
		buffer = buffer[size:]
		scan.count++
	}
	return false
}

// What a scan goes on with, taken from C; or a snapshot for a new one.
func takeWalk(handle C.uint64_t, scan *C.struct_bbolt_scan) (*walk, error) {
	if scan.walk != 0 {
		w := cgo.Handle(scan.walk).Value().(*walk)
		cgo.Handle(scan.walk).Delete()
		scan.walk = 0
		return w, nil
	}
	tx, err := find(handle).db.Begin(false)
	return &walk{tx: tx}, err
}

//export bbolt_scan
func bbolt_scan(handle C.uint64_t, scan *C.struct_bbolt_scan) (code C.int) {
	defer caught(&code)
	debug.SetPanicOnFault(true)
	w, err := takeWalk(handle, scan)
	if err != nil {
		return codeOf(err)
	}
	// Whatever happens, no snapshot stays open that C does not know of: a writer might wait for it for ever.
	defer func() {
		if scan.walk == 0 {
			w.tx.Rollback()
		}
	}()
	if w.at == nil {
		w.start(scan)
	}
	if w.fill(scan) {
		scan.walk = C.uint64_t(cgo.NewHandle(w))
	}
	return 0
}

//export bbolt_scan_end
func bbolt_scan_end(handle C.uint64_t) (code C.int) {
	defer caught(&code)
	w := cgo.Handle(handle).Value().(*walk)
	cgo.Handle(handle).Delete()
	return codeOf(w.tx.Rollback())
}
